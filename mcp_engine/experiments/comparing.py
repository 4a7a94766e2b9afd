"""Comparisons of an arm with the control from what was counted: pure functions, the same for every caller.

Anytime-valid: what holds at the end of a comparison held at every moment before it, so looking costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcp_engine.experiments.observations.repository import MeanTally
from mcp_engine.experiments.schemas import Direction
from mcp_engine.statistics.confidence import difference_sequence
from mcp_engine.statistics.cuped import adjusted
from mcp_engine.statistics.eprocess import Comparison, Side, confidence_interval, log_e_values
from mcp_engine.statistics.interval import Interval
from mcp_engine.statistics.moments import CrossMoments, Moments

CHECKPOINTS = 24
"""Moments at which an interval is shown, at the most."""
EXACT_BLOCKS, ADAPTIVE_BLOCKS, GROWTH = 10_000, 500, 1.001
"""So many blocks of a rate are looked at one by one, then each thousandth more; fewer where each of many allocations
is a test of its own."""
MAX_BLOCK = 20
FARTHEST = 1e5
"""A decision that needs more than so many times the units there are is not foreseen."""
_BISECTIONS = 40
Counts = NDArray[np.float64]
Codes = NDArray[np.int64]


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
    """Outcomes in the order of feedback.

    Args:
        codes: of each observation, as `observations.repository.Outcomes` numbers them; shape (n,).
    """

    codes: Codes
    allocations: int
    arms: int

    @classmethod
    def of(cls, codes: Codes, allocations: int, arms: int) -> BinaryCounts:
        return cls(codes, allocations, arms)

    @property
    def totals(self) -> Codes:
        """How often each outcome was seen: (allocations, arms, 2), failures before successes."""
        seen = np.bincount(self.codes, minlength=2 * self.allocations * self.arms)
        return seen.reshape(self.allocations, self.arms, 2)


class _Blocks(NamedTuple):
    """Observations of one allocation in blocks of so many of the control and so many of the arm, in their order.

    Whoever gives feedback decides when a block is full, never what is in it: that one arm's units answer more often
    shifts nothing. (Weights by the inverse of the assigned shares would need those shares among those who answer.)
    """

    comparison: Comparison
    kinds: Codes
    ends: Codes
    """The place of each block's last observation among all."""


def _blocks(data: BinaryCounts, allocation: int, arm: int, weights: Sequence[float]) -> _Blocks:
    ratio = weights[arm] / weights[0]
    sizes = (1, min(MAX_BLOCK, round(ratio))) if ratio > 1 else (min(MAX_BLOCK, round(1 / ratio)), 1)
    whose, success = data.codes // 2, data.codes % 2
    places = [np.nonzero(whose == allocation * data.arms + one)[0] for one in (0, arm)]
    count = min(len(place) // size for place, size in zip(places, sizes, strict=True))
    full = [place[: count * size].reshape(count, size) for place, size in zip(places, sizes, strict=True)]
    wins = [success[place].sum(axis=1) for place in full]
    ends = np.maximum(full[0][:, -1], full[1][:, -1]) if count else np.zeros(0, dtype=np.int64)
    payoffs = [b / sizes[1] - a / sizes[0] for a in range(sizes[0] + 1) for b in range(sizes[1] + 1)]
    return _Blocks(Comparison(tuple(payoffs)), wins[0] * (sizes[1] + 1) + wins[1], ends)


def _seen(blocks: _Blocks, places: Codes) -> Counts:
    """Return how often each kind of block was full at each place; shape (places, kinds)."""
    kinds = len(blocks.comparison.payoffs)
    reached = np.searchsorted(places, blocks.ends)
    inside = reached < len(places)
    seen = np.bincount(reached[inside] * kinds + blocks.kinds[inside], minlength=len(places) * kinds)
    return np.cumsum(seen.reshape(len(places), kinds), axis=0, dtype=np.float64)


def _looks(blocks: Sequence[_Blocks]) -> Codes:
    """Return the places at which the test is looked at: at first after each block, then ever more seldom.

    They stay the same as observations come in, so that what was decided stays decided.
    """
    ends = np.sort(np.concatenate([one.ends for one in blocks]))
    exact = EXACT_BLOCKS if len(blocks) == 1 else ADAPTIVE_BLOCKS
    if len(ends) <= exact:
        return np.unique(ends)
    steps = math.ceil(math.log(len(ends) / exact) / math.log(GROWTH))
    later = np.ceil(exact * GROWTH ** np.arange(1, steps + 1)).astype(np.int64)
    return np.unique(np.concatenate([ends[:exact], ends[later[later < len(ends)]], ends[-1:]]))


def compare_binary(
    data: BinaryCounts,
    arm: int,
    weights: Sequence[Sequence[float]],
    test: Criterion,
    checkpoints: int = CHECKPOINTS,
) -> Compared:
    """Compare the success rates of an arm and the control (arm 0) by betting on blocks (`statistics.eprocess`).

    Args:
        weights: those of each allocation. Units of one allocation are a test of their own; the e-values multiply.
        checkpoints: moments at which an interval is wanted, at the most; each takes some milliseconds.
    """
    total = data.totals.sum(axis=0)[[0, arm]]
    control, treated = (int(one.sum()) for one in total)
    rates = tuple(float(one[1] / one.sum()) if one.sum() else None for one in total)
    difference = None if rates[0] is None or rates[1] is None else rates[1] - rates[0]
    blocks = [_blocks(data, number, arm, one) for number, one in enumerate(weights)]
    places = _looks(blocks)
    if not len(places):
        return Compared((control, treated), (rates[0], rates[1]), difference, None, 1.0, None, None, ())
    counts = [_seen(one, places) for one in blocks]
    parts = [
        log_e_values(one.comparison, seen, test.side, test.difference) for one, seen in zip(blocks, counts, strict=True)
    ]
    logs = np.sum(parts, axis=0)
    crossed = np.nonzero(logs >= -math.log(test.level))[0]
    verdict = None
    if len(crossed):
        verdict = not test.one_sided and test.better(_paid(blocks, [seen[crossed[0]] for seen in counts]))
    fixed = len(weights) == 1
    history = [
        Checkpoint(
            int(places[look]) + 1,
            _paid(blocks, [counts[0][look]]),
            confidence_interval(blocks[0].comparison, [int(one) for one in counts[0][look]], test.level),
        )
        for look in (_spread(len(places), checkpoints) if fixed else ())
    ]
    return Compared(
        (control, treated),
        (rates[0], rates[1]),
        difference,
        history[-1].interval if history else None,
        math.exp(-max(0.0, float(logs.max()))),
        verdict,
        _binary_to_go(blocks[0].comparison, counts[0][-1], test) if fixed and verdict is None else None,
        history,
    )


def _paid(blocks: Sequence[_Blocks], counts: Sequence[Counts]) -> float:
    """Return the mean payoff of blocks: the difference of the rates in them."""
    paid = sum(float(seen @ np.array(one.comparison.payoffs)) for one, seen in zip(blocks, counts, strict=False))
    return paid / float(sum(seen.sum() for seen in counts))


def _binary_to_go(comparison: Comparison, counts: Counts, test: Criterion) -> float | None:
    """Return by what factor blocks must grow, rates staying as they are, until the test decides."""

    def decides(factor: float) -> bool:
        grown = np.round(counts * factor)[None, :]
        return float(log_e_values(comparison, grown, test.side, test.difference)[0]) >= -math.log(test.level)

    return _least(decides)


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


def _spread(places: int, wanted: int) -> list[int]:
    """Return at most `wanted` places, spread evenly, the last among them."""
    shown = min(wanted, places)
    return sorted({round(places * (one + 1) / shown) - 1 for one in range(shown)})
