"""The betting test: exact against enumeration, and its error rates, power and coverage in simulation."""

from __future__ import annotations

import itertools
import json
import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.eprocess import (
    PAIRS,
    Comparison,
    SequentialTest,
    confidence_interval,
    log_e_values,
    pair_outcome,
    trajectory,
)

SIDES: list[Literal["greater", "less", "two-sided"]] = ["greater", "less", "two-sided"]
sides = st.sampled_from(SIDES)
some_counts = st.lists(st.integers(0, 200), min_size=3, max_size=3)


def pairs(
    generator: np.random.Generator, a: float, b: float, runs: int, length: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pairs that only A won and that only B won, after each of `length` pairs, shape (runs, length)."""
    first, second = generator.random((2, runs, length), dtype=np.float32)
    good_a, good_b = first < a, second < b
    return (
        np.cumsum(good_a & ~good_b, axis=1, dtype=np.int32),
        np.cumsum(good_b & ~good_a, axis=1, dtype=np.int32),
    )


def stops(
    losses: NDArray[np.int32], wins: NDArray[np.int32], side: Literal["greater", "two-sided"]
) -> NDArray[np.intp]:
    """The pair at which each run rejects at 0.05, checked after every pair; one more than there are if it never does.

    Pairs that agree do not change the e-value, so each pair of counts is weighed once.
    """
    states, where = np.unique(losses.astype(np.int64) * 100_000 + wins, return_inverse=True)
    counts = np.stack([states // 100_000, np.zeros_like(states), states % 100_000], axis=1)
    rejected = (log_e_values(PAIRS, counts, side) >= math.log(20))[where].reshape(losses.shape)
    first: NDArray[np.intp] = np.argmax(rejected, axis=1) + 1
    return np.where(rejected.any(axis=1), first, losses.shape[1] + 1)


def inverse_shares(share: float, centre: float = 0.5) -> Comparison:
    """Payoffs of units that were each assigned to B with probability `share`: failure and success of A, then of B.

    Weighted by the inverse probability of the arm (Horvitz and Thompson 1952), so none of them is like another.
    """
    a, b = 1 / (1 - share), 1 / share
    return Comparison((centre * a, -(1 - centre) * a, -centre * b, (1 - centre) * b))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("comparison", [PAIRS, inverse_shares(0.5), inverse_shares(0.2, 0.7)])
@pytest.mark.parametrize("difference", [0.0, 0.3, -0.45])
def test_the_expected_e_value_is_one_at_the_claim(
    comparison: Comparison, side: Literal["greater", "less", "two-sided"], difference: float
) -> None:
    """Summed over every sequence of three outcomes, with any chances whose mean payoff is the claim."""
    payoffs = np.array(comparison.payoffs)
    low, high = payoffs.argmin(), payoffs.argmax()
    chances = np.full(len(payoffs), 0.1 / len(payoffs))
    rest = (difference - float(chances @ payoffs)) / 0.9
    chances[high] += 0.9 * (rest - payoffs[low]) / (payoffs[high] - payoffs[low])
    chances[low] += 0.9 * (payoffs[high] - rest) / (payoffs[high] - payoffs[low])
    sequences = list(itertools.product(range(len(payoffs)), repeat=3))
    counts = [np.bincount(sequence, minlength=len(payoffs)) for sequence in sequences]
    e_values = np.exp(log_e_values(comparison, counts, side, difference))
    probabilities = np.array([chances[list(sequence)].prod() for sequence in sequences])
    assert probabilities @ e_values == pytest.approx(1.0)


def test_an_e_value_is_the_mean_capital_of_constant_bets() -> None:
    """For pairs, betting a part c of the capital on B gives (1 + c)^wins (1 - c)^losses."""
    edges = np.geomspace(0.001, 0.98, 33)
    bets = np.sqrt(edges[1:] * edges[:-1])
    prior = np.diff(edges) * bets * (1 - bets) ** 2
    weights = 0.6 * prior / prior.sum() + 0.4 / 32
    expected = math.log(float(weights @ ((1 + bets) ** 32 * (1 - bets) ** 12)))
    assert log_e_values(PAIRS, [[12, 56, 32]], "greater")[0] == pytest.approx(expected)


@pytest.mark.parametrize("side", ["greater", "two-sided"])
def test_equal_rates_are_seldom_rejected_however_often_one_looks(side: Literal["greater", "two-sided"]) -> None:
    generator = np.random.default_rng(20240611)
    stopped = stops(*pairs(generator, 0.6, 0.6, 1000, 10_000), side)
    false_positive_rate = np.mean(stopped <= 10_000)
    assert 0.005 < false_positive_rate <= 0.05


@pytest.mark.parametrize(("side", "most"), [("greater", 75), ("two-sided", 90)])
def test_a_gain_from_6_to_8_in_ten_is_found_within_ninety_pairs(
    side: Literal["greater", "two-sided"], most: int
) -> None:
    generator = np.random.default_rng(7)
    stopped = stops(*pairs(generator, 0.6, 0.8, 2000, 400), side)
    assert np.median(stopped) <= most
    assert np.mean(stopped <= 300) >= 0.95


def test_a_worse_b_is_no_evidence_that_it_is_better() -> None:
    stopped = stops(*pairs(np.random.default_rng(8), 0.8, 0.6, 500, 2000), "greater")
    assert np.mean(stopped <= 2000) <= 0.01


def test_units_with_unequal_shares_and_drifting_rates_keep_the_error_rate_and_show_a_gain() -> None:
    generator, comparison = np.random.default_rng(9), inverse_shares(0.2, 0.7)
    rate = 0.6 + 0.3 * np.sin(np.arange(4000) / 300)

    def rejected(gain: float) -> bool:
        in_b = generator.random(4000) < 0.2
        success = generator.random(4000) < np.where(in_b, rate + gain, rate)
        return bool(trajectory(comparison, 2 * in_b + success).max() >= math.log(20))

    assert np.mean([rejected(0.0) for _ in range(200)]) <= 0.05
    assert np.mean([rejected(0.1) for _ in range(50)]) >= 0.9


@pytest.mark.parametrize(("comparison", "a", "b"), [(PAIRS, 0.7, 0.75), (inverse_shares(0.3, 0.8), 0.85, 0.8)])
def test_the_true_difference_stays_inside_at_every_moment(comparison: Comparison, a: float, b: float) -> None:
    generator, length, missed = np.random.default_rng(10), 3000, 0
    for _ in range(300):
        if comparison is PAIRS:
            outcomes = 1 + (generator.random(length) < b).astype(int) - (generator.random(length) < a)
        else:
            in_b = generator.random(length) < 0.3
            outcomes = 2 * in_b + (generator.random(length) < np.where(in_b, b, a))
        counts = np.cumsum(outcomes[:, None] == np.arange(len(comparison.payoffs)), axis=0)
        missed += bool(log_e_values(comparison, counts, "two-sided", b - a).max() >= math.log(20))
    assert 0 < missed / 300 <= 0.05


@settings(max_examples=60, deadline=None)
@given(some_counts, sides, st.floats(0.001, 0.5))
def test_the_interval_excludes_zero_exactly_when_the_test_rejects_and_holds_the_mean(
    counts: list[int], side: Literal["greater", "less", "two-sided"], alpha: float
) -> None:
    interval = confidence_interval(PAIRS, counts, alpha, side)
    log_e = float(log_e_values(PAIRS, [counts], side)[0])
    if abs(log_e + math.log(alpha)) > 1e-6:
        assert (0.0 not in interval) == (log_e >= -math.log(alpha))
    mean = (counts[2] - counts[0]) / sum(counts) if sum(counts) else 0.0
    assert interval.low - 1e-9 <= mean <= interval.high + 1e-9
    for end in interval:
        if abs(end) < 1 - 1e-9:
            assert float(log_e_values(PAIRS, [counts], side, end)[0]) == pytest.approx(-math.log(alpha), abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.integers(0, 60), sides)
def test_step_by_step_equals_at_once_also_across_a_restart(
    outcomes: list[int], cut: int, side: Literal["greater", "less", "two-sided"]
) -> None:
    test = SequentialTest(PAIRS, side)
    steps = [test.observe(outcome) for outcome in outcomes[:cut]]
    test = SequentialTest.resumed(json.loads(json.dumps(test.state())))
    steps += [test.observe(outcome) for outcome in outcomes[cut:]]
    at_once = trajectory(PAIRS, outcomes, side)
    assert steps == pytest.approx(list(at_once))
    assert test.p_value == pytest.approx(min(1.0, math.exp(-at_once.max())))
    assert test.rejects(0.3) == (at_once.max() >= -math.log(0.3))
    assert test.interval(0.3) == confidence_interval(PAIRS, test.counts, 0.3, side)


def test_outcomes_are_numbered_as_their_payoffs() -> None:
    assert [PAIRS.payoffs[pair_outcome(a, b)] for a in (False, True) for b in (False, True)] == [0, 1, -1, 0]
    units = inverse_shares(0.25, 0.6)
    chances = {True: 0.25, False: 0.75}
    rates = {True: 0.9, False: 0.4}
    mean = sum(
        chances[arm] * (rates[arm] if success else 1 - rates[arm]) * units.payoffs[2 * arm + success]
        for arm in (False, True)
        for success in (False, True)
    )
    assert mean == pytest.approx(0.5)


def test_a_million_pairs_keep_their_precision() -> None:
    counts = np.array([250_000, 500_000, 250_000])
    interval = confidence_interval(PAIRS, [int(n) for n in counts])
    assert interval.low == pytest.approx(-interval.high, abs=1e-9)
    # Any valid interval is wider than the fixed-sample one, 1.96 sqrt(0.5 / n); watching costs a factor below 3.
    assert 1 < interval.high / (1.96 * math.sqrt(0.5 / 1e6)) < 3


def test_bad_input_is_named() -> None:
    cases = {
        "statistics.bad_payoffs": lambda: Comparison((0.0, 1.0)),
        "statistics.not_finite": lambda: Comparison((math.nan, 1.0)),
        "statistics.bad_outcome": lambda: SequentialTest(PAIRS).observe(3),
        "statistics.not_counts": lambda: log_e_values(PAIRS, [[1, 2]]),
        "statistics.out_of_range": lambda: log_e_values(PAIRS, [[1, 2, 3]], difference=1.0),
    }
    for code, call in cases.items():
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.code == code
    for call in (
        lambda: trajectory(PAIRS, [0, 3]),
        lambda: trajectory(PAIRS, []),
        lambda: confidence_interval(PAIRS, [1, 2, 3], 0.0),
        lambda: confidence_interval(PAIRS, [1, -2, 3]),
        lambda: SequentialTest(PAIRS, counts=[1, 2]),
        lambda: log_e_values(PAIRS, [[0.5, 1, 1]]),
    ):
        with pytest.raises(InvalidInput):
            call()
