"""Moments that merge, confidence sequences that cover, covariates that narrow them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.confidence import BURN_IN, difference_sequence, mean_sequence, radius, tuning
from mcp_engine.statistics.cuped import adjusted, coefficient
from mcp_engine.statistics.interval import UNBOUNDED
from mcp_engine.statistics.moments import CrossMoments, Moments

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]
values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)
LENGTH = 15_000


def lognormal(generator: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.float64]:
    return generator.lognormal(size=size)


def student3(generator: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.float64]:
    return generator.standard_t(3, size=size)


def rare(generator: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.float64]:
    return (generator.random(size) < 0.05).astype(np.float64)


def coverage(draw: Draw, mean: float, burn_in: int, series: int = 500) -> float:
    """The share of series whose mean is inside at every size from the burn-in to LENGTH."""
    generator, covered = np.random.default_rng(11), 0
    sizes = np.arange(1, LENGTH + 1)
    unit = np.array([radius(int(n), 1.0, 0.05, tuning(1000)) for n in sizes])
    for _ in range(series // 100):
        x = draw(generator, (100, LENGTH))
        means = np.cumsum(x, axis=1) / sizes
        spread = np.cumsum(x * x, axis=1) - sizes * means**2
        deviation = np.sqrt(np.maximum(spread, 0) / np.maximum(sizes - 1, 1))
        inside = np.abs(means - mean) <= deviation * unit
        covered += int(inside[:, burn_in - 1 :].all(axis=1).sum())
    return covered / series


@settings(max_examples=60)
@given(values, values)
def test_merged_moments_are_those_of_all_values(left: list[float], right: list[float]) -> None:
    merged, whole = Moments.of(left) + Moments.of(right), np.array(left + right)
    assert merged.count == whole.size
    assert merged.mean == pytest.approx(whole.mean(), abs=1e-6)
    assert merged.variance == pytest.approx(whole.var(ddof=1), rel=1e-9, abs=1e-3)


def test_streamed_moments_are_those_of_all_values_far_from_zero() -> None:
    x = np.random.default_rng(1).normal(1e9, 1.0, 1000)
    streamed = Moments()
    for value in x:
        streamed = streamed.observe(float(value))
    assert streamed.variance == pytest.approx(x.var(ddof=1), rel=1e-6)
    assert Moments() + Moments() == Moments()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=30), st.integers(1, 29))
def test_merged_cross_moments_are_those_of_all_pairs(pairs: list[tuple[float, float]], cut: int) -> None:
    x, y = np.array(pairs).T
    merged = CrossMoments()
    for first, second in pairs[:cut]:
        merged = merged.observe(first, second)
    if pairs[cut:]:
        merged = merged + CrossMoments.of(x[cut:], y[cut:])
    assert merged.products == pytest.approx(float((x - x.mean()) @ (y - y.mean())), rel=1e-9, abs=1e-5)


def test_the_radius_against_its_formula_worked_by_hand() -> None:
    """n = 100, rho = 0.1, alpha = 0.05: sqrt(2 * 2 / 100 * ln(sqrt(2) / 0.05)) = sqrt(0.04 * 3.3423058) = 0.3656394."""
    assert radius(100, 1.0, 0.05, 0.1) == pytest.approx(0.3656394, abs=1e-6)
    assert radius(100, 9.0, 0.05, 0.1) == pytest.approx(3 * 0.3656394, abs=1e-6)


@pytest.mark.parametrize("planned", [50, 1000, 100_000])
def test_tuning_is_nearly_the_narrowest(planned: int) -> None:
    widths = [radius(planned, 1.0, 0.05, float(rho)) for rho in np.geomspace(1e-3, 3, 2000) / math.sqrt(planned) * 10]
    assert radius(planned, 1.0, 0.05, tuning(planned)) <= 1.0001 * min(widths)


@pytest.mark.parametrize(
    ("draw", "mean", "burn_in"),
    [(lognormal, math.exp(0.5), BURN_IN), (student3, 0.0, 50), (rare, 0.05, BURN_IN)],
    ids=["lognormal", "t with 3 degrees", "rate of 0.05"],
)
def test_the_mean_is_covered_at_every_size_from_the_burn_in(draw: Draw, mean: float, burn_in: int) -> None:
    assert coverage(draw, mean, burn_in) >= 0.95


def test_the_burn_in_is_needed() -> None:
    assert coverage(lognormal, math.exp(0.5), 50, series=200) < 0.93


def test_nothing_is_said_before_the_burn_in() -> None:
    few = Moments.of(np.arange(BURN_IN - 1))
    assert mean_sequence(few) == UNBOUNDED
    assert mean_sequence(few.observe(1.0)) != UNBOUNDED
    enough = Moments.of(np.arange(BURN_IN))
    assert difference_sequence(enough, few) == difference_sequence(few, enough) == UNBOUNDED


def test_a_difference_with_unequal_shares_is_covered_while_watched() -> None:
    generator, missed, length = np.random.default_rng(12), 0, 8000
    checks = np.unique(np.geomspace(400, length, 60).astype(int))
    for _ in range(200):
        in_b = generator.random(length) < 0.1
        y = np.where(in_b, 1.0 + generator.exponential(2.0, length), generator.exponential(1.0, length))
        arms = [[Moments.of(y[:n][in_b[:n] == arm]) for n in checks] for arm in (False, True)]
        intervals = [difference_sequence(a, b, burn_in=30) for a, b in zip(*arms, strict=True)]
        missed += not all(2.0 in interval for interval in intervals)
    assert missed / 200 <= 0.05


def test_a_covariate_narrows_the_interval_by_its_correlation_and_keeps_the_effect() -> None:
    generator = np.random.default_rng(13)
    x = generator.normal(5.0, 1.0, 20_000)
    in_b = generator.random(20_000) < 0.3
    y = 2 * x + generator.normal(0.0, 1.0, 20_000) + 0.25 * in_b
    arms = [CrossMoments.of(x[in_b == arm], y[in_b == arm]) for arm in (False, True)]
    assert coefficient(arms) == pytest.approx(2.0, abs=0.05)
    plain = difference_sequence(arms[0].y, arms[1].y)
    a, b = adjusted(arms)
    narrow = difference_sequence(a, b)
    assert narrow.width / plain.width == pytest.approx(math.sqrt(1 - 4 / 5), abs=0.02)
    assert 0.25 in narrow
    assert 0.0 not in narrow


def test_adjusted_moments_are_those_of_corrected_values() -> None:
    generator = np.random.default_rng(14)
    x, y = generator.normal(size=(2, 60))
    arms = [CrossMoments.of(x[:20], y[:20]), CrossMoments.of(x[20:], y[20:])]
    corrected = y - coefficient(arms) * (x - x.mean())
    for got, expected in zip(adjusted(arms), (corrected[:20], corrected[20:]), strict=True):
        assert got.mean == pytest.approx(expected.mean())
        assert got.variance == pytest.approx(expected.var(ddof=1))


def test_a_constant_covariate_changes_nothing() -> None:
    arm = CrossMoments.of([1.0, 1.0, 1.0], [1.0, 2.0, 4.0])
    assert adjusted([arm]) == [arm.y]


@pytest.mark.parametrize(
    "call",
    [
        lambda: Moments.of([]),
        lambda: Moments.of([1.0, math.nan]),
        lambda: Moments().observe(math.inf),
        lambda: Moments.of([1.0]).variance,
        lambda: CrossMoments.of([1.0], [1.0, 2.0]),
        lambda: coefficient([CrossMoments()]),
        lambda: radius(0, 1.0, 0.05, 1.0),
        lambda: radius(1, -1.0, 0.05, 1.0),
        lambda: tuning(0),
        lambda: mean_sequence(Moments(), burn_in=1),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        call()
