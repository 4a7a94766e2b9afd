"""Correction for an imperfect judge, and agreement, against published examples."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.judges import (
    Calibration,
    cohens_kappa,
    corrected_floor,
    corrected_interval,
    corrected_rate,
    krippendorffs_alpha,
)

KRIPPENDORFF = [
    [1, 1, None, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [None, 5, 5, 5],
    [None, None, 1, 1],
    [None, None, 3, None],
]
"""Example C of "Computing Krippendorff's alpha-reliability" (2011): four observers, twelve units, nominal 0.743."""


def test_the_corrected_rate_inverts_what_the_judge_does_to_a_rate() -> None:
    judge = Calibration(90, 100, 160, 200)
    assert corrected_rate(410, 1000, judge) == pytest.approx(0.3)  # 0.3 * 0.9 + 0.7 * 0.2 = 0.41
    assert corrected_rate(100, 1000, judge) == 0.0
    assert corrected_rate(990, 1000, judge) == 1.0


def test_the_prevalence_of_the_worked_example() -> None:
    """23 of 150 with sensitivity 0.96 and specificity 0.89: 5.1 in a hundred (the example of R's epiR::epi.prev)."""
    assert corrected_rate(23, 150, Calibration(96, 100, 89, 100)) == pytest.approx(0.051, abs=5e-4)


def test_the_interval_against_its_formula_step_by_step() -> None:
    """Lang and Reiczigel's adjusted counts for 27 of 650, judge 50 of 100 and 199 of 200, worked by hand.

    p = 28.9207/653.8415 = 0.0442320, se = 0.5, sp = 200/202 = 0.9900990, J = 0.4900990, good = 0.0700495;
    V_se = 0.25/102 = 0.00245098, V_sp = 0.00980296/202 = 0.0000485295; variance = 0.0000646568 + 0.0000120267
    + 0.0000419690 = 0.000118653; shift = 2 * 3.8414588 * (0.000171690 - 0.0000451300) = 0.000972357.
    """
    interval = corrected_interval(27, 650, Calibration(50, 100, 199, 200))
    half = 1.959964 * 0.000118653**0.5 / 0.4900990
    assert tuple(interval) == pytest.approx((0.0710219 - half, 0.0710219 + half), abs=2e-5)


@pytest.mark.parametrize(("good", "sensitivity", "specificity"), [(0.7, 0.9, 0.8), (0.3, 0.8, 0.95), (0.95, 0.85, 0.7)])
def test_the_interval_covers_when_the_judge_is_only_estimated(
    good: float, sensitivity: float, specificity: float
) -> None:
    generator, covered = np.random.default_rng(41), 0
    shown = good * sensitivity + (1 - good) * (1 - specificity)
    for _ in range(1000):
        calibration = Calibration(
            int(generator.binomial(80, sensitivity)), 80, int(generator.binomial(60, specificity)), 60
        )
        covered += good in corrected_interval(int(generator.binomial(400, shown)), 400, calibration)
    assert covered / 1000 >= 0.94


def test_the_less_is_known_of_the_judge_the_wider() -> None:
    widths = [corrected_interval(60, 100, Calibration(9 * n, 10 * n, 8 * n, 10 * n)).width for n in (2, 10, 1000)]
    assert widths[0] > 1.1 * widths[1] > 1.1 * widths[2]


@pytest.mark.parametrize(("threshold", "sensitivity", "specificity"), [(0.5, 0.95, 0.6), (0.3, 0.99, 0.8)])
@pytest.mark.parametrize("level", [0.04, 0.002, 4e-5])
def test_the_floor_holds_at_every_level_when_the_judge_is_only_estimated(
    threshold: float, sensitivity: float, specificity: float, level: float
) -> None:
    """By exact enumeration of what 20 good and 20 bad labels, and 300 judged rows, can say at the threshold itself."""
    good, bad, rows = 20, 20, 300
    judged = binom.pmf(np.arange(rows + 1), rows, threshold * sensitivity + (1 - threshold) * (1 - specificity))
    claimed = 0.0
    for positives, negatives in product(range(good + 1), range(bad + 1)):
        if positives / good + negatives / bad <= 1:
            continue
        chance = binom.pmf(positives, good, sensitivity) * binom.pmf(negatives, bad, specificity)
        if chance < 1e-12:
            continue
        judge = Calibration(positives, good, negatives, bad)
        passed = next((n for n in range(rows + 1) if corrected_floor(n, rows, judge, level) >= threshold), rows + 1)
        claimed += float(chance * judged[passed:].sum())
    assert claimed <= level


def test_the_floor_comes_near_the_rate_with_many_rows_and_labels() -> None:
    floor = corrected_floor(88_000, 100_000, Calibration(98_000, 100_000, 98_000, 100_000), 0.01)
    assert 0.88 < floor < (0.88 - 0.02) / 0.96
    assert corrected_floor(50, 100, Calibration(11, 20, 11, 20), 0.01) == 0.0


def test_cohens_kappa_of_published_tables() -> None:
    """The first is the textbook table of 20, 5, 10, 15; the second is from cohens_kappa of statsmodels 0.15.0."""
    assert cohens_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)
    assert cohens_kappa([[44, 5, 1], [7, 20, 3], [9, 5, 6]]) == pytest.approx(0.49152542372881347)


def test_krippendorffs_alpha_of_the_published_example() -> None:
    assert krippendorffs_alpha(KRIPPENDORFF) == pytest.approx(0.743421052631579)


def test_alpha_is_one_for_full_agreement_and_near_zero_for_chance() -> None:
    assert krippendorffs_alpha([["a", "a"], ["b", "b"]]) == 1.0
    units = np.random.default_rng(42).integers(0, 3, (4000, 2)).tolist()
    assert krippendorffs_alpha(units) == pytest.approx(0.0, abs=0.04)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: Calibration(5, 10, 5, 10), "statistics.useless_judge"),
        (lambda: Calibration(5, 4, 5, 10), "statistics.not_counts"),
        (lambda: corrected_rate(5, 0, Calibration(9, 10, 9, 10)), "statistics.not_counts"),
        (lambda: corrected_interval(5, 4, Calibration(9, 10, 9, 10)), "statistics.not_counts"),
        (lambda: cohens_kappa([[1, 2, 3], [4, 5, 6]]), "statistics.not_counts"),
        (lambda: cohens_kappa([[float("nan"), 1], [1, 1]]), "statistics.not_counts"),
        (lambda: cohens_kappa([[9, 0], [0, 0]]), "statistics.constant"),
        (lambda: krippendorffs_alpha([[1, None]]), "statistics.empty"),
        (lambda: krippendorffs_alpha([[1, 1], [1, 1]]), "statistics.constant"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.code == code
