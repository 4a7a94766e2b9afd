"""Arms of an experiment: are their shares as intended, which differ, and who gets the next unit."""

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
from mcp_engine.statistics import ratio_mismatch
from mcp_engine.statistics.allocation import BetaArm, NormalArm, best_probabilities, top_two_shares
from mcp_engine.statistics.multiplicity import bonferroni, e_benjamini_hochberg, holm, weighted_split
from mcp_engine.statistics.ratio_mismatch import Mismatch, log_bayes_factor

stats = cast(Any, scipy_stats)
p_value_lists = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("observed", "marginal", "null"),
    [
        ([1, 0, 0], -1.0986122886681096, -0.916290731874155),
        ([2, 2, 1], -6.4457198193855785, -5.27460083993072),
        ([60, 63, 32], -19.96484521090386, -15.781031228536165),
    ],
)
def test_the_bayes_factor_is_that_of_the_authors_package(observed: list[int], marginal: float, null: float) -> None:
    """Log marginal likelihoods in the tests of optimizely/ssrm: intended 0.4, 0.4, 0.2, Dirichlet(1, 1, 1)."""
    assert log_bayes_factor(observed, [0.4, 0.4, 0.2], [1, 1, 1]) == pytest.approx(marginal - null)


def test_the_bayes_factor_is_a_ratio_of_likelihoods() -> None:
    observed, shares = [30, 45, 25], [0.3, 0.5, 0.2]
    prior = 1000 * np.array(shares)
    expected = stats.dirichlet_multinomial.logpmf(observed, prior, 100) - stats.multinomial.logpmf(
        observed, 100, shares
    )
    assert log_bayes_factor(observed, shares) == pytest.approx(float(expected))


def watched(generator: np.random.Generator, actual: float, units: int) -> Mismatch:
    """The state after two arms, intended half and half, were checked at every twentieth unit."""
    state = Mismatch()
    for seen, b in enumerate(np.cumsum(generator.binomial(20, actual, units // 20)), start=1):
        state = ratio_mismatch.updated(state, [20 * seen - int(b), int(b)], [0.5, 0.5])
    return state


def test_intended_shares_seldom_alarm_and_a_mismatch_does() -> None:
    generator = np.random.default_rng(51)
    false_alarms = [watched(generator, 0.5, 4000).alarms(0.05) for _ in range(300)]
    assert np.mean(false_alarms) <= 0.05
    assert all(watched(generator, 0.53, 12_000).alarms() for _ in range(20))


def test_an_alarm_stays_raised() -> None:
    alarmed = ratio_mismatch.updated(Mismatch(), [400, 600], [0.5, 0.5])
    assert alarmed.alarms()
    assert alarmed.p_value == pytest.approx(math.exp(-alarmed.log_e))
    later = ratio_mismatch.updated(alarmed, [5000, 5000], [0.5, 0.5])
    assert later.log_e < 0 < later.log_peak
    assert later.alarms()
    assert later.p_value == alarmed.p_value


@pytest.mark.parametrize("shares", [[0.5, 0.4], [1.0, 0.0], [1.0], [math.nan, 1.0], [1.2, -0.2]])
def test_shares_must_be_shares(shares: list[float]) -> None:
    with pytest.raises(InvalidInput):
        log_bayes_factor([1] * len(shares), shares)


def test_holm_is_statsmodels() -> None:
    """multipletests([0.01, 0.04, 0.03, 0.005, 0.5], method="holm") of statsmodels 0.15.0."""
    assert holm([0.01, 0.04, 0.03, 0.005, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.5])


@settings(max_examples=80)
@given(p_value_lists, st.floats(0.001, 0.5))
def test_holm_rejects_as_its_step_down_rule_says(p_values: list[float], alpha: float) -> None:
    rejected = set[int]()
    for index in sorted(range(len(p_values)), key=lambda i: p_values[i]):
        if p_values[index] * (len(p_values) - len(rejected)) > alpha:
            break
        rejected.add(index)
    ties = {p_values[i] for i in rejected}
    assert {i for i, p in enumerate(holm(p_values)) if p <= alpha} >= rejected
    assert all(p_values[i] in ties for i, p in enumerate(holm(p_values)) if p <= alpha)


@settings(max_examples=80)
@given(st.lists(st.floats(0, 500), min_size=1, max_size=12), st.floats(0.01, 0.5))
def test_e_bh_rejects_the_largest_self_consistent_set(e_values: list[float], alpha: float) -> None:
    """Wang and Ramdas: the largest k of which each e-value is at least K / (alpha k)."""
    count = len(e_values)
    sizes = [k for k in range(1, count + 1) if sorted(e_values)[-k] * k >= count / alpha]
    assert int(e_benjamini_hochberg(e_values, alpha).sum()) >= max(sizes, default=0)
    for rejected, value in zip(e_benjamini_hochberg(e_values, alpha), e_values, strict=True):
        assert rejected == (bool(sizes) and value >= count / (alpha * max(sizes)))


def test_e_bh_keeps_the_false_discovery_rate_under_dependence() -> None:
    """Twenty hypotheses that share one bet, five of them false with e-values that are large."""
    generator, shares = np.random.default_rng(52), list[float]()
    for _ in range(2000):
        shared = math.exp(2 * generator.normal() - 2)  # mean 1
        rejected = e_benjamini_hochberg([shared] * 15 + [200.0] * 5, 0.2)
        shares.append(float(rejected[:15].sum()) / max(1, int(rejected.sum())))
    assert 0 < np.mean(shares) <= 0.2


def test_levels_are_split_between_arms_and_metrics() -> None:
    assert bonferroni(0.05, arms=2, metrics=5) == pytest.approx(0.005)
    assert weighted_split(0.05, [0.8, 0.2]) == pytest.approx([0.04, 0.01])


def test_the_better_of_two_is_found_in_closed_form() -> None:
    for arms in ([NormalArm(0.0, 1.0), NormalArm(1.0, 2.0)], [NormalArm(0.0, 0.1), NormalArm(0.3, 2.0)]):
        gap = (arms[1].mean - arms[0].mean) / math.hypot(arms[0].deviation, arms[1].deviation)
        assert best_probabilities(arms)[1] == pytest.approx(stats.norm.cdf(gap), abs=1e-3)
    for scale in (1, 100_000):  # of Beta(a, 1) and Beta(2 a, 1) the second is the larger with chance 2 / 3
        assert best_probabilities([BetaArm(scale, 1), BetaArm(2 * scale, 1)])[1] == pytest.approx(2 / 3, abs=1e-4)


def test_the_shares_are_those_of_sampling() -> None:
    """Against the algorithm as Russo states it, drawn 60,000 times."""
    arms = [BetaArm.of(30, 20), BetaArm.of(35, 15), BetaArm.of(33, 17)]
    generator = np.random.default_rng(53)
    draws = np.stack([generator.beta(arm.alpha, arm.beta, 60_000) for arm in arms], axis=1).argmax(axis=1)
    played, waiting = [0, 0, 0], iter(generator.permutation(np.tile(draws, 5)))
    for leader in draws:
        arm = int(leader)
        if generator.random() >= 0.5:
            arm = next(int(other) for other in waiting if other != leader)
        played[arm] += 1
    assert top_two_shares(arms) == pytest.approx(np.array(played) / 60_000, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=2, max_size=5),
    st.floats(0, 0.2),
)
def test_shares_sum_to_one_and_respect_the_floor(counts: list[tuple[int, int]], floor: float) -> None:
    shares = top_two_shares([BetaArm.of(*count) for count in counts], floor)
    assert shares.sum() == pytest.approx(1.0)
    assert shares.min() >= floor - 1e-12


def test_a_certain_leader_still_plays_half_and_its_nearest_challenger_most_of_the_rest() -> None:
    shares = top_two_shares([NormalArm(0.0, 1.0), NormalArm(90.0, 1.0), NormalArm(80.0, 1.0)])
    assert shares == pytest.approx([0.0, 0.5, 0.5], abs=1e-3)
    assert top_two_shares([NormalArm(0, 1), NormalArm(0, 1), NormalArm(1e9, 1)]) == pytest.approx([0.25, 0.25, 0.5])
    assert top_two_shares([BetaArm.of(5, 5)] * 4) == pytest.approx([0.25] * 4)


def test_sampling_by_the_shares_finds_the_best_arm_sooner_than_even_shares() -> None:
    generator = np.random.default_rng(54)
    rates = np.array([0.3, 0.4, 0.5, 0.65])

    def certainty(adaptive: bool) -> float:
        successes, failures = np.zeros(4, dtype=int), np.zeros(4, dtype=int)
        for _ in range(15):
            arms = [BetaArm.of(int(s), int(f)) for s, f in zip(successes, failures, strict=True)]
            shares = top_two_shares(arms, 0.05) if adaptive else np.full(4, 0.25)
            units = generator.multinomial(20, shares / shares.sum())
            good = generator.binomial(units, rates)
            successes, failures = successes + good, failures + units - good
        arms = [BetaArm.of(int(s), int(f)) for s, f in zip(successes, failures, strict=True)]
        return float(best_probabilities(arms)[3])

    assert np.mean([certainty(True) for _ in range(30)]) > np.mean([certainty(False) for _ in range(30)]) + 0.01


@pytest.mark.parametrize(
    "call",
    [
        lambda: holm([]),
        lambda: holm([0.5, 1.5]),
        lambda: holm([math.nan]),
        lambda: e_benjamini_hochberg([-1.0]),
        lambda: e_benjamini_hochberg([math.inf]),
        lambda: bonferroni(0.05, 0),
        lambda: weighted_split(0.05, [0.5, 0.6]),
        lambda: BetaArm(0.0, 1.0),
        lambda: NormalArm(0.0, 0.0),
        lambda: NormalArm(math.nan, 1.0),
        lambda: best_probabilities([BetaArm(1, 1)]),
        lambda: top_two_shares([BetaArm(1, 1)] * 2, 0.6),
        lambda: top_two_shares([BetaArm(1, 1)] * 2, 0.1, 1.0),
        lambda: log_bayes_factor([1, 2], [0.2, 0.3, 0.5]),
        lambda: log_bayes_factor([1, 2], [0.5, 0.5], [0.0, 1.0]),
        lambda: log_bayes_factor([1.5, 2], [0.5, 0.5]),
        lambda: Mismatch().alarms(0.0),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.code.startswith("statistics.")
