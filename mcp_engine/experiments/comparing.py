"""Comparisons of an arm with the control from what was counted: pure functions, the same for every caller.

Anytime-valid: what holds at the end of a comparison held at every moment before it, so looking costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcp_engine.experiments.observations.repository import MeanTally
from mcp_engine.experiments.schemas import Direction
from mcp_engine.statistics.confidence import difference_sequence
from mcp_engine.statistics.cuped import adjusted
from mcp_engine.statistics.eprocess import Comparison, Side, confidence_interval, log_e_values, single_units
from mcp_engine.statistics.interval import Interval
from mcp_engine.statistics.moments import CrossMoments, Moments

CHECKPOINTS = 24
"""Moments at which an interval is shown, at the most."""
EXACT_PLACES, ADAPTIVE_PLACES, GROWTH = 20_000, 500, 1.001
"""So many binary observations are looked at one by one, then each thousandth more; fewer where each of many
allocations is a test of its own."""
FARTHEST = 1e5
"""A decision that needs more than so many times the units there are is not foreseen."""
_BISECTIONS = 40
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Criterion:
    """How a comparison is judged; all of it is named before the data.

    Args:
        level: the probability of ever calling a difference that is not there.
        loss: what the arm may be worse by; above zero for guardrails, which are judged on one side.
    """

    direction: Direction
    level: float
    loss: float = 0.0
    one_sided: bool = False
    planned: int = 1000
    burn_in: int = 2
    expected_rate: float = 0.5

    @property
    def side(self) -> Side:
        if not self.one_sided:
            return "two-sided"
        return "less" if self.direction == "higher" else "greater"

    @property
    def difference(self) -> float:
        """The difference that is claimed, arm minus control."""
        return -self.loss if self.direction == "higher" else self.loss

    def better(self, difference: float) -> bool:
        return (difference > self.difference) == (self.direction == "higher")

    def decided_by(self, interval: Interval) -> bool | None:
        """Return whether the arm is better, as an interval of the difference has it; None while that is open."""
        if self.difference in interval:
            return None
        better = self.better(interval.low if interval.low > self.difference else interval.high)
        return None if better and self.one_sided else better


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was known when so many observations of all arms were in; an interval's ends are None where unbounded."""

    observations: int
    difference: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Compared:
    """An arm beside the control.

    Attributes:
        difference: arm minus control, in the metric's unit; None before both have a value.
        interval: None where none is valid (adaptive allocation).
        p_value: anytime-valid; None for means.
        verdict: whether the arm is better or worse, at the test's level; None while that is open.
        to_go: how many times the present units a decision needs under the present estimate; None when not foreseen.
    """

    observations: tuple[int, int]
    means: tuple[float | None, float | None]
    difference: float | None
    interval: Interval | None
    p_value: float | None
    verdict: bool | None
    to_go: float | None
    history: Sequence[Checkpoint]


@dataclass(frozen=True, slots=True)
class BinaryCounts:
    """Failures and successes after each place in the order of feedback: (places, allocations, arms, 2), cumulated."""

    counts: Counts

    @classmethod
    def of(cls, codes: NDArray[np.int64], allocations: int, arms: int) -> BinaryCounts:
        """Count observations, numbered as `observations.repository.Outcomes` has them."""
        kinds, places = 2 * allocations * arms, _places(len(codes), allocations)
        reached = np.searchsorted(places, np.arange(1, len(codes) + 1))
        seen = np.bincount(reached * kinds + codes, minlength=len(places) * kinds)
        counts = np.cumsum(seen.reshape(len(places), kinds), axis=0, dtype=np.float64)
        return cls(counts.reshape(len(places), allocations, arms, 2))

    @property
    def totals(self) -> list[int]:
        """Observations of all arms after each place."""
        return [int(total) for total in self.counts.sum(axis=(1, 2, 3))]


def _places(observations: int, allocations: int) -> NDArray[np.int64]:
    """Return after how many observations the test is looked at: at first each, then ever more seldom, and the last.

    They stay the same as observations come in, so that what was decided stays decided.
    """
    exact = EXACT_PLACES if allocations == 1 else ADAPTIVE_PLACES
    if observations <= exact:
        return np.arange(1, observations + 1)
    steps = math.ceil(math.log(observations / exact) / math.log(GROWTH))
    later = np.ceil(exact * GROWTH ** np.arange(1, steps + 1)).astype(np.int64)
    return np.unique(np.concatenate([np.arange(1, exact + 1), later[later < observations], [observations]]))


def compare_binary(
    data: BinaryCounts,
    arm: int,
    weights: Sequence[Sequence[float]],
    test: Criterion,
    checkpoints: int = CHECKPOINTS,
) -> Compared:
    """Compare the success rates of an arm and the control (arm 0) by betting (`statistics.eprocess`).

    Args:
        weights: those of each allocation. Units of one allocation are a test of their own; the e-values multiply.
        checkpoints: moments at which an interval is wanted, at the most; each takes some milliseconds.
    """
    comparisons = [single_units(one[arm] / (one[0] + one[arm]), test.expected_rate) for one in weights]
    pairs = data.counts[:, :, [0, arm], :].reshape(len(data.counts), len(weights), 4)
    if not len(pairs):
        return Compared((0, 0), (None, None), None, None, 1.0, None, None, ())
    logs = _log_e(comparisons, pairs, test)
    peak, final = max(0.0, float(logs.max())), pairs[-1].sum(axis=0)
    crossed = np.nonzero(logs >= -math.log(test.level))[0]
    rates = _rates(final)
    difference = _difference(final)
    verdict = None
    if len(crossed):
        verdict = not test.one_sided and test.better(_difference(pairs[crossed[0]].sum(axis=0)) or 0.0)
    fixed = len(weights) == 1
    history = [
        Checkpoint(data.totals[place], found, confidence_interval(comparisons[0], _ints(pairs[place, 0]), test.level))
        for place in _spread(len(pairs), checkpoints)
        if fixed and (found := _difference(pairs[place, 0])) is not None
    ]
    return Compared(
        (int(final[:2].sum()), int(final[2:].sum())),
        rates,
        difference,
        history[-1].interval if history else None,
        math.exp(-peak),
        verdict,
        _binary_to_go(comparisons[0], pairs[-1, 0], test) if fixed and verdict is None else None,
        history,
    )


def _log_e(comparisons: Sequence[Comparison], pairs: Counts, test: Criterion) -> Counts:
    parts = [
        log_e_values(comparison, pairs[:, index], test.side, test.difference)
        for index, comparison in enumerate(comparisons)
    ]
    return np.sum(parts, axis=0)


def _binary_to_go(comparison: Comparison, counts: Counts, test: Criterion) -> float | None:
    """Return by what factor counts must grow, rates staying as they are, until the test decides."""

    def decides(factor: float) -> bool:
        grown = np.round(counts * factor)[None, :]
        return float(log_e_values(comparison, grown, test.side, test.difference)[0]) >= -math.log(test.level)

    return _least(decides) if counts.sum() else None


def _least(decides: Callable[[float], bool]) -> float | None:
    if not decides(FARTHEST):
        return None
    low, high = 0.0, math.log(FARTHEST)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if decides(math.exp(middle)) else (middle, high)
    return math.exp(high)


@dataclass(frozen=True, slots=True)
class MeanMoments:
    """Moments of each arm after each place, cumulated; narrowed by a covariate where there is one."""

    places: Sequence[Sequence[Moments]]

    @classmethod
    def of(cls, tallies: Sequence[MeanTally], arms: int) -> MeanMoments:
        known, unknown = [CrossMoments()] * arms, [Moments()] * arms
        places: list[list[Moments]] = []
        for index, tally in enumerate(tallies):
            known[tally.arm] += tally.known
            unknown[tally.arm] += tally.unknown
            if index + 1 == len(tallies) or tallies[index + 1].bucket != tally.bucket:
                places.append(_narrowed(known, unknown))
        return cls(places)


def _narrowed(known: Sequence[CrossMoments], unknown: Sequence[Moments]) -> list[Moments]:
    """Return the arms' moments, corrected by the covariate; who has none counts as average.

    A covariate is known before the arm is, so that it is missing says nothing of the arm.
    """
    with_covariate = sum((one.x for one in known), Moments())
    if not with_covariate.count:
        return list(unknown)
    centre = with_covariate.mean
    filled = [one + CrossMoments(Moments(rest.count, centre), rest) for one, rest in zip(known, unknown, strict=True)]
    return adjusted(filled)


def compare_means(data: MeanMoments, arm: int, test: Criterion, *, fixed: bool) -> Compared:
    """Compare the means of an arm and the control by an asymptotic confidence sequence (`statistics.confidence`).

    Args:
        fixed: whether units were assigned with the same shares throughout; else no interval holds.
    """
    pairs = [(place[0], place[arm]) for place in data.places]
    if not pairs:
        return Compared((0, 0), (None, None), None, None, None, None, None, ())
    intervals = [_sequence(a, b, test) for a, b in pairs] if fixed else []
    decisions = (test.decided_by(found) for found in intervals)
    verdict = next((decision for decision in decisions if decision is not None), None)
    control, treated = pairs[-1]
    history = [
        Checkpoint(sum(one.count for one in data.places[place]), pairs[place][1].mean - pairs[place][0].mean, found)
        for place in (_spread(len(pairs), CHECKPOINTS) if fixed else ())
        if math.isfinite((found := intervals[place]).low)
    ]
    both = control.count > 0 and treated.count > 0
    return Compared(
        (control.count, treated.count),
        (control.mean if control.count else None, treated.mean if treated.count else None),
        treated.mean - control.mean if both else None,
        intervals[-1] if fixed else None,
        None,
        verdict,
        _mean_to_go(control, treated, test) if fixed and verdict is None else None,
        history,
    )


def _sequence(a: Moments, b: Moments, test: Criterion) -> Interval:
    return difference_sequence(a, b, test.level, test.planned, test.burn_in)


def _mean_to_go(a: Moments, b: Moments, test: Criterion) -> float | None:
    if min(a.count, b.count) < 2:
        return None

    def grown(one: Moments, factor: float) -> Moments:
        count = round(one.count * factor)
        return Moments(count, one.mean, one.variance * (count - 1))

    def decides(factor: float) -> bool:
        return test.decided_by(_sequence(grown(a, factor), grown(b, factor), test)) is not None

    return _least(decides)


def _rates(counts: Counts) -> tuple[float | None, float | None]:
    control, treated = counts[:2].sum(), counts[2:].sum()
    return (float(counts[1] / control) if control else None, float(counts[3] / treated) if treated else None)


def _difference(counts: Counts) -> float | None:
    control, treated = _rates(counts)
    return None if control is None or treated is None else treated - control


def _ints(counts: Counts) -> list[int]:
    return [int(count) for count in counts]


def _spread(places: int, wanted: int) -> list[int]:
    """Return at most `wanted` places, spread evenly, the last among them."""
    shown = min(wanted, places)
    return sorted({round(places * (one + 1) / shown) - 1 for one in range(shown)})
