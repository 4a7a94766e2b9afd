"""Offline comparisons and proportions against scipy, statsmodels and published examples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.interval import Interval, two_sided_z
from mcp_engine.statistics.paired import LARGE, bca, cohens_dz, compare, mean_interval, student
from mcp_engine.statistics.proportions import Flips, clopper_pearson, mcnemar, risk_difference, wilson

stats = cast(Any, scipy_stats)
LAW_SCHOOL_GPA = [3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96]
"""Efron's law school data (Efron and Tibshirani 1993, table 3.1)."""


@settings(max_examples=80)
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.001, 0.5))
def test_intervals_of_a_rate_are_scipys(counts: tuple[int, int], alpha: float) -> None:
    successes, trials = counts
    result = stats.binomtest(successes, trials)
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        reference = result.proportion_ci(1 - alpha, method=method)
        expected = (float(reference.low), float(reference.high))
        assert tuple(ours(successes, trials, alpha)) == pytest.approx(expected, abs=1e-9)


def test_intervals_of_a_rate_are_statsmodels() -> None:
    """proportion_confint(7, 50) of statsmodels 0.15.0, methods wilson and beta."""
    assert tuple(wilson(7, 50)) == pytest.approx((0.06950833, 0.26186194))
    assert tuple(clopper_pearson(7, 50)) == pytest.approx((0.05819170, 0.26739600))


@settings(max_examples=80)
@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 50))
def test_mcnemar_is_the_binomial_test_of_the_flips(gained: int, lost: int, agreed: int) -> None:
    flips = Flips(gained, lost, agreed)
    two_sided = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    one_sided = stats.binomtest(gained, gained + lost, alternative="greater").pvalue if gained + lost else 1.0
    assert mcnemar(flips) == pytest.approx(float(two_sided))
    assert mcnemar(flips, one_sided=True) == pytest.approx(float(one_sided))


def test_mcnemar_is_statsmodels() -> None:
    """mcnemar([[30, 12], [40, 18]], exact=True) of statsmodels 0.15.0."""
    assert mcnemar(Flips(40, 12, 48)) == pytest.approx(0.0001275387838557407)


def test_the_paired_risk_difference_worked_by_hand() -> None:
    """Gained 12 and lost 2 of 48: (13 - 3) / 50 -+ 1.959964 sqrt((0.26 + 0.06 - 0.2^2) / 50)."""
    difference, interval = risk_difference(Flips(12, 2, 34))
    assert difference == pytest.approx(10 / 48)
    half = 1.959964 * math.sqrt(0.28 / 50)
    assert tuple(interval) == pytest.approx((0.2 - half, 0.2 + half), abs=1e-6)


@pytest.mark.parametrize(("gained", "lost", "rows"), [(0.05, 0.05, 30), (0.3, 0.1, 60), (0.02, 0.0, 100)])
def test_the_paired_risk_difference_is_covered(gained: float, lost: float, rows: int) -> None:
    draws = np.random.default_rng(31).multinomial(rows, [gained, lost, 1 - gained - lost], size=2000)
    inside = [gained - lost in risk_difference(Flips(*map(int, draw)))[1] for draw in draws]
    assert np.mean(inside) >= 0.94


def test_no_flip_still_leaves_doubt() -> None:
    _, interval = risk_difference(Flips(0, 0, 20))
    assert interval.low < -0.05
    assert interval.high > 0.05


@pytest.mark.parametrize("values", [LAW_SCHOOL_GPA, list(np.random.default_rng(32).lognormal(size=60))])
def test_the_bootstrap_interval_is_scipys(values: list[float]) -> None:
    ours = bca(values, np.random.default_rng(33), resamples=40_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="BCa", rng=np.random.default_rng(34)
    ).confidence_interval
    scale = float(np.std(values)) / math.sqrt(len(values))
    assert tuple(ours) == pytest.approx((float(theirs.low), float(theirs.high)), abs=0.06 * scale)


def test_the_bootstrap_leans_towards_the_long_tail_and_repeats_with_its_seed() -> None:
    values = np.random.default_rng(35).lognormal(size=40)
    interval = bca(values, np.random.default_rng(1))
    assert interval.high - values.mean() > 1.2 * (values.mean() - interval.low)
    assert interval == bca(values, np.random.default_rng(1)) != bca(values, np.random.default_rng(2))


def test_students_interval_is_scipys() -> None:
    values = np.random.default_rng(36).normal(3, 2, 25)
    expected = stats.t.interval(0.9, 24, loc=values.mean(), scale=stats.sem(values))
    assert tuple(student(values, 0.1)) == pytest.approx(tuple(float(end) for end in expected))


@pytest.mark.parametrize("rows", [40, LARGE])
def test_a_mean_of_graded_scores_is_covered(rows: int) -> None:
    generator, covered = np.random.default_rng(37), 0
    for _ in range(300):
        estimate = mean_interval(generator.beta(2, 1, rows), generator)
        assert estimate.method == ("student" if rows >= LARGE else "bca bootstrap")
        covered += 2 / 3 in estimate.interval
    assert covered / 300 >= 0.92


def test_graded_scores_are_compared_by_their_differences() -> None:
    generator = np.random.default_rng(38)
    old = generator.random(100)
    new = old + generator.normal(0.1, 0.2, 100)
    estimate = compare(old, new, generator)
    assert estimate.difference.mean == pytest.approx((new - old).mean())
    assert estimate.difference.interval.low > 0
    assert estimate.effect_size == pytest.approx((new - old).mean() / (new - old).std(ddof=1))
    assert estimate.p_value is estimate.flips is None


def test_right_and_wrong_are_compared_by_their_flips() -> None:
    estimate = compare([0, 0, 0, 1, 1, 0], [1, 1, 1, 1, 0, 0], np.random.default_rng(0))
    assert estimate.flips == Flips(gained=3, lost=1, agreed=2)
    assert estimate.effect_size == estimate.difference.mean == pytest.approx(1 / 3)
    assert estimate.p_value == pytest.approx(10 / 16)
    assert estimate.difference.interval == risk_difference(Flips(3, 1, 2))[1]


def test_scores_that_differ_by_one_amount_leave_no_spread() -> None:
    estimate = compare([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], np.random.default_rng(0))
    assert estimate.difference.interval == Interval(0.0, 0.0)
    assert estimate.difference.method == "constant"
    assert estimate.effect_size == 0.0
    assert cohens_dz(np.array([2.0, 2.0])) is None
    shifted = compare([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], np.random.default_rng(0))  # 0.3 but for the rounding
    assert shifted.difference.method == "constant"
    assert shifted.effect_size is None


def test_normal_quantiles_and_widths() -> None:
    assert two_sided_z(0.05) == pytest.approx(1.959963984540054)
    assert Interval(-2.0, 5.0).clipped(-1.0, 1.0) == Interval(-1.0, 1.0)
    assert Interval(1.0, 4.0).width == 3.0
    assert "1" not in Interval(0.0, 2.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson(3, 2),
        lambda: clopper_pearson(0, 0),
        lambda: wilson(1, 2, 1.0),
        lambda: mcnemar(Flips(-1, 0, 0)),
        lambda: risk_difference(Flips(0, 0, 0)),
        lambda: compare([1.0, 2.0], [1.0], np.random.default_rng(0)),
        lambda: compare([1.0], [1.0], np.random.default_rng(0)),
        lambda: compare([1.0, math.nan], [1.0, 2.0], np.random.default_rng(0)),
        lambda: mean_interval([], np.random.default_rng(0)),
        lambda: mean_interval([[1.0, 2.0]], np.random.default_rng(0)),
        lambda: bca([1.0, 1.0], np.random.default_rng(0)),
        lambda: student(["a", "b"]),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.code.startswith("statistics.")
