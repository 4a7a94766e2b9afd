"""Tests of two success rates that may be watched after every observation and stopped at any time.

The test is a game with fair odds (Shafer, "Testing by betting", 2021): each observation has a payoff whose mean is
the difference of the rates, B minus A, and a bet on the payoff multiplies a starting capital of 1. While the
difference is at most the one claimed, capital is a nonnegative supermartingale, so by Ville's inequality it ever
reaches 1/alpha with probability at most alpha. Bets are mixed over their size (Waudby-Smith and Ramdas, "Estimating
means of bounded random variables by betting", JRSS-B 2024), and because payoffs take few values, capital depends on
their counts alone: exact, a few numbers of state, in any order of arrival.

Simulated with pairs of 0.6 and 0.8 at alpha 0.05, betting stops at a median of 84 pairs two-sided and 69 one-sided;
the two-sample e-process of Turner, Ly and Gruenwald (2024) at 88 and 78 with prior counts of 1, at 105 and 94 with
the 0.18 of the paper. Betting also needs no independence of A and B within a pair.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import Vector, finite, level, number, whole_counts
from mcp_engine.statistics.interval import Interval

Side = Literal["greater", "less", "two-sided"]
Matrix = NDArray[np.float64]

SMALLEST_BET, LARGEST_BET, BETS = 0.001, 0.98, 32
"""Neighbouring bets differ by a fourth, so the best one loses at most 1-2 % of its growth to the grid."""
BET_PRIOR = (2.0, 3.0)
"""A Beta density over bets: most capital on the differences of 0.1 to 0.3 that experiments are run for."""
PATIENT = 0.4
"""The part of the capital that is spread evenly over the sizes' logarithms, so that small differences are found too."""
_CHUNK = 1 << 11
"""Rows weighed at once: their capital under all bets stays in a processor's cache."""
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one observation may pay; the mean payoff is the success rate of B minus that of A.

    Args:
        payoffs: one for each kind of outcome, some below and some above zero.

    Raises:
        InvalidInput: `statistics.bad_payoffs`, or as `inputs.finite`.
    """

    payoffs: tuple[float, ...]

    def __post_init__(self) -> None:
        payoffs = finite(self.payoffs, "payoffs")
        if not payoffs.min() < 0 < payoffs.max():
            raise InvalidInput("statistics.bad_payoffs", "A comparison needs a payoff below zero and one above")

    @property
    def range(self) -> Interval:
        return Interval(min(self.payoffs), max(self.payoffs))


PAIRS = Comparison((-1.0, 0.0, 1.0))
"""Each observation is a pair of an A and a B, of the same unit or of two; outcomes are numbered by `pair_outcome`.

Valid while the mean difference of each pair, given all pairs before, is at most the one claimed: rates may drift.
"""


def pair_outcome(a: bool, b: bool) -> int:
    """Return the kind of a pair in `PAIRS`: 0 when only A succeeded, 1 when they agree, 2 when only B did."""
    return 1 + b - a


def log_e_values(
    comparison: Comparison, counts: ArrayLike, side: Side = "two-sided", difference: float = 0.0
) -> Vector:
    """Return the natural logarithms of e-values against the claim that the rates differ by `difference`.

    Args:
        counts: how often each outcome was seen, shape (n, kinds): one test a row.
        side: `greater` tests that B minus A is at most `difference`, `less` that it is at least that.

    Returns:
        Shape (n,).

    Raises:
        InvalidInput: `statistics.not_counts`; `statistics.out_of_range` when no bet on `difference` is possible.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(comparison.payoffs):
        raise InvalidInput("statistics.not_counts", f"Each row must hold {len(comparison.payoffs)} counts")
    whole_counts(table.ravel(), "counts")
    low, high = comparison.range
    number(difference, "difference", above=low, below=high)
    logs, log_weights = _bets(comparison, side, float(difference))
    chunks = [_log_mixture(table[i : i + _CHUNK], logs, log_weights) for i in range(0, len(table), _CHUNK)]
    return np.concatenate(chunks)


def trajectory(comparison: Comparison, outcomes: ArrayLike, side: Side = "two-sided") -> Vector:
    """Return the log e-value after each of n outcomes against equal rates; shape (n,).

    Raises:
        InvalidInput: `statistics.bad_outcome` when one is no kind of the comparison; as `inputs.whole_counts`.
    """
    kinds = whole_counts(outcomes, "outcomes").astype(np.int64)
    if kinds.max() >= len(comparison.payoffs):
        raise InvalidInput("statistics.bad_outcome", f"Outcomes are numbered below {len(comparison.payoffs)}")
    seen = kinds[:, None] == np.arange(len(comparison.payoffs))
    return log_e_values(comparison, np.cumsum(seen, axis=0), side)


def confidence_interval(
    comparison: Comparison, counts: Sequence[int], alpha: float = 0.05, side: Side = "two-sided"
) -> Interval:
    """Return the differences B minus A that the e-process has not rejected, from the counts so far.

    With probability at least 1 - alpha the true difference lies in the interval of every moment at once: a
    confidence sequence. Capital is convex in the claimed difference and at most 1 at the observed mean, so what is
    not rejected is one interval; it excludes 0 exactly when the e-value against 0 has reached 1/alpha.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    level(alpha)
    seen = whole_counts(counts, "counts")
    if len(seen) != len(comparison.payoffs):
        raise InvalidInput("statistics.not_counts", f"Expected {len(comparison.payoffs)} counts")
    low, high = comparison.range
    centre = float(seen @ np.array(comparison.payoffs) / seen.sum()) if seen.sum() else 0.0

    def end(edge: float) -> float:
        rejected, kept = edge, centre
        for _ in range(_HALVINGS):
            middle = (rejected + kept) / 2
            if not low < middle < high:
                break
            if float(log_e_values(comparison, [seen], side, middle)[0]) < -math.log(alpha):
                kept = middle
            else:
                rejected = middle
        return rejected

    return Interval(low if side == "less" else end(low), high if side == "greater" else end(high)).clipped(-1.0, 1.0)


class SequentialTest:
    """One running test of equal rates: a handful of numbers, whatever the number of observations.

    Args:
        comparison: how observations are paid.
        side: as in `log_e_values`.
        counts: outcomes so far by kind; none when omitted.
        log_peak: natural logarithm of the largest e-value so far.

    Raises:
        InvalidInput: `statistics.not_counts`.
    """

    def __init__(
        self, comparison: Comparison, side: Side = "two-sided", counts: Sequence[int] = (), log_peak: float = 0.0
    ) -> None:
        self.comparison = comparison
        self.side: Side = side
        self.counts = [int(n) for n in whole_counts(counts, "counts")] if counts else [0] * len(comparison.payoffs)
        if len(self.counts) != len(comparison.payoffs):
            raise InvalidInput("statistics.not_counts", f"Expected {len(comparison.payoffs)} counts")
        self.log_peak = max(0.0, log_peak)

    def observe(self, outcome: int) -> float:
        """Count one outcome and return the log e-value after it; raises `statistics.bad_outcome`."""
        if not 0 <= outcome < len(self.counts):
            raise InvalidInput("statistics.bad_outcome", f"Outcomes are numbered below {len(self.counts)}")
        self.counts[outcome] += 1
        log_e = self.log_e
        self.log_peak = max(self.log_peak, log_e)
        return log_e

    @property
    def log_e(self) -> float:
        return float(log_e_values(self.comparison, [self.counts], self.side)[0])

    @property
    def p_value(self) -> float:
        """The anytime-valid p-value: one over the largest e-value so far, at most 1."""
        return math.exp(-self.log_peak)

    def rejects(self, alpha: float = 0.05) -> bool:
        """Return whether equal rates were rejected at this level, now or at any moment before."""
        return self.log_peak >= -math.log(level(alpha))

    def interval(self, alpha: float = 0.05) -> Interval:
        """Return `confidence_interval` of the counts so far."""
        return confidence_interval(self.comparison, self.counts, alpha, self.side)

    def state(self) -> dict[str, Any]:
        """Return what `SequentialTest(Comparison(tuple(payoffs)), ...)` continues from, as plain JSON."""
        return {
            "payoffs": list(self.comparison.payoffs),
            "side": self.side,
            "counts": list(self.counts),
            "log_peak": self.log_peak,
        }

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> SequentialTest:
        """Return the test that `state` was taken from."""
        return cls(Comparison(tuple(state["payoffs"])), state["side"], state["counts"], state["log_peak"])


@lru_cache(maxsize=64)
def _bets(comparison: Comparison, side: Side, difference: float) -> tuple[Matrix, Vector]:
    """Return the log growth of each outcome under each bet, (kinds, bets), and the bets' log weights, (bets,)."""
    low, high = comparison.range
    payoffs = np.array(comparison.payoffs)
    edges = np.geomspace(SMALLEST_BET, LARGEST_BET, BETS + 1)
    sizes = np.sqrt(edges[1:] * edges[:-1])
    first, second = BET_PRIOR
    prior = np.diff(edges) * sizes ** (first - 1) * (1 - sizes) ** (second - 1)
    prior = (1 - PATIENT) * prior / prior.sum() + PATIENT / BETS
    # A bet stakes this part of its capital on the payoff's place between the far end of its range and the claim.
    rising = np.log1p(np.outer((payoffs - low) / (difference - low) - 1, sizes))
    falling = np.log1p(np.outer((high - payoffs) / (high - difference) - 1, sizes))
    if side == "greater":
        return rising, np.log(prior)
    if side == "less":
        return falling, np.log(prior)
    return np.hstack([rising, falling]), np.log(np.concatenate([prior, prior]) / 2)


def _log_mixture(counts: Matrix, logs: Matrix, log_weights: Vector) -> Vector:
    capital = counts @ logs
    capital += log_weights
    top = capital.max(axis=1)
    capital -= top[:, None]
    np.exp(capital, out=capital)
    return top + np.log(capital.sum(axis=1))
