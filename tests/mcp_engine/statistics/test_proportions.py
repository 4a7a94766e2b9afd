"""What gates decide by: a rate above a threshold against scipy, and "not worse" under every null that is its worst."""

from __future__ import annotations

import math
from itertools import product
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.proportions import Flips, above, not_worse

stats = cast(Any, scipy_stats)
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
FLIPS = st.builds(Flips, *[st.integers(0, 300)] * 3)
MARGINS = st.floats(0.005, 0.9)


@settings(max_examples=200)
@given(COUNTS, st.floats(0.001, 0.999))
def test_a_rate_is_above_a_threshold_as_by_scipys_binomial_test(counts: tuple[int, int], rate: float) -> None:
    successes, trials = counts
    test = stats.binomtest(successes, trials, rate, alternative="greater")
    assert above(successes, trials, rate) == pytest.approx(float(test.pvalue), abs=1e-12)
    assert above(successes, trials, rate) == pytest.approx(
        float(stats.binom.sf(successes - 1, trials, rate)), abs=1e-12
    )


@pytest.mark.parametrize("rate", [0.02, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("level", [0.05, 0.01, 4e-5])
def test_a_rate_that_is_the_threshold_is_called_above_it_as_seldom_as_promised(rate: float, level: float) -> None:
    trials = 120
    chances = stats.binom.pmf(np.arange(trials + 1), trials, rate)
    wrong = [chance for successes, chance in enumerate(chances) if above(successes, trials, rate) <= level]
    assert sum(wrong) <= level * (1 + 1e-9)


@given(COUNTS, st.floats(0.01, 0.99))
def test_more_successes_or_a_lower_threshold_are_never_weaker_evidence(counts: tuple[int, int], rate: float) -> None:
    successes, trials = counts
    assume(successes < trials)
    assert above(successes + 1, trials, rate) <= above(successes, trials, rate)
    assert above(successes, trials, rate / 2) <= above(successes, trials, rate)


def test_no_success_shows_nothing_and_all_show_the_most() -> None:
    assert above(0, 50, 0.3) == 1.0
    assert above(50, 50, 0.9) == pytest.approx(0.9**50)


def chances_of(rows: int, gained: float, lost: float) -> list[tuple[Flips, float]]:
    """Every way that so many rows can flip, with its probability."""
    agreed = 1 - gained - lost
    every = [Flips(g, w, rows - g - w) for g, w in product(range(rows + 1), repeat=2) if g + w <= rows]
    chances = stats.multinomial.pmf([list(flips) for flips in every], rows, [gained, lost, agreed])
    return list(zip(every, (float(chance) for chance in chances), strict=True))


@pytest.mark.parametrize("margin", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("gained", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("rows", [1, 12, 40])
def test_a_fall_by_the_margin_is_called_none_as_seldom_as_promised(rows: int, gained: float, margin: float) -> None:
    """Exact, by all outcomes. A fall by exactly the margin is the hardest null: a larger one gives smaller bets."""
    weighted = [(not_worse(flips, margin), chance) for flips, chance in chances_of(rows, gained, gained + margin)]
    assert sum(chance for _, chance in weighted) == pytest.approx(1)
    for level in (0.2, 0.05, 0.01, 1e-3, 1e-5):
        assert sum(chance for p_value, chance in weighted if p_value <= level) <= level


@pytest.mark.parametrize("gained", [0.0, 0.05, 0.3])
def test_what_a_bettor_makes_of_a_fall_by_the_margin_is_1_at_most(gained: float) -> None:
    """The property behind validity at any level: 1 / p is at most an e-value, whose expectation is 1."""
    ways = [(not_worse(flips, 0.1), chance) for flips, chance in chances_of(25, gained, gained + 0.1)]
    # Where the bettor ends below 1 the p-value says 1, and what was left is not to be seen.
    assert sum(chance / p_value for p_value, chance in ways if p_value < 1) <= 1


def test_a_version_that_is_as_good_is_shown_to_be_not_worse() -> None:
    """Power, by 2,000 draws: versions that are as good, or better, with more or fewer rows than margins ask for."""
    random = np.random.default_rng(31)

    def shown(rows: int, gained: float, lost: float, margin: float) -> float:
        draws = random.multinomial(rows, [gained, lost, 1 - gained - lost], 2000)
        return float(np.mean([not_worse(Flips(int(g), int(w), int(a)), margin) <= 0.05 for g, w, a in draws]))

    assert shown(600, 0.05, 0.05, 0.05) >= 0.7
    assert shown(300, 0.05, 0.05, 0.1) >= 0.9
    assert shown(200, 0.12, 0.03, 0.05) >= 0.9
    # And of one that is worse by twice the margin, hardly ever.
    assert shown(600, 0.02, 0.12, 0.05) <= 0.001


@given(FLIPS, MARGINS)
def test_a_row_gained_never_weakens_and_a_row_lost_never_strengthens(flips: Flips, margin: float) -> None:
    now = not_worse(flips, margin)
    gained, lost, agreed = flips
    assert 0 <= now <= 1
    assert not_worse(Flips(gained + 1, lost, agreed), margin) <= now * (1 + 1e-9)
    assert not_worse(Flips(gained, lost + 1, agreed), margin) >= now * (1 - 1e-9)
    if agreed:
        assert not_worse(Flips(gained + 1, lost, agreed - 1), margin) <= now * (1 + 1e-9)
        assert not_worse(Flips(gained, lost + 1, agreed - 1), margin) >= now * (1 - 1e-9)


@given(FLIPS, MARGINS, st.floats(1.0, 1.1))
def test_a_wider_margin_is_never_harder_to_keep(flips: Flips, margin: float, wider: float) -> None:
    assert not_worse(flips, margin * wider) <= not_worse(flips, margin) * (1 + 1e-9)


def test_without_rows_nothing_is_shown() -> None:
    assert not_worse(Flips(0, 0, 0), 0.1) == 1.0


def test_rows_that_all_agree_show_it_in_the_end() -> None:
    """Enough rows without a flip: every stake grows by its own margin a row."""
    assert not_worse(Flips(0, 0, 20), 0.1) > 0.05 > not_worse(Flips(0, 0, 100), 0.1)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: above(1, 0, 0.5), "statistics.not_counts"),
        (lambda: above(5, 4, 0.5), "statistics.not_counts"),
        (lambda: above(-1, 4, 0.5), "statistics.not_counts"),
        (lambda: above(1, 4, 0.0), "statistics.out_of_range"),
        (lambda: above(1, 4, 1.0), "statistics.out_of_range"),
        (lambda: above(1, 4, math.nan), "statistics.out_of_range"),
        (lambda: not_worse(Flips(1, -1, 4), 0.1), "statistics.not_counts"),
        (lambda: not_worse(Flips(1, 1, 4), 0.0), "statistics.out_of_range"),
        (lambda: not_worse(Flips(1, 1, 4), 1.0), "statistics.out_of_range"),
        (lambda: not_worse(Flips(1, 1, 4), math.inf), "statistics.out_of_range"),
    ],
)
def test_bad_input_is_refused(call: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.code == code
