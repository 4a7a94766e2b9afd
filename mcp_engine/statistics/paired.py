"""Offline comparison of two versions scored on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import Vector, finite, level
from mcp_engine.statistics.interval import Interval
from mcp_engine.statistics.proportions import Flips, mcnemar, risk_difference

RESAMPLES = 9999
LARGE = 200
"""From so many rows on the studentised interval is as good as the bootstrap, for a thousandth of the work."""

Method = Literal["bca bootstrap", "student", "constant", "adjusted wald"]


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean with its interval, in the scores' unit, and how the interval was made."""

    rows: int
    mean: float
    interval: Interval
    method: Method


@dataclass(frozen=True, slots=True)
class PairedEstimate:
    """The new version against the old one on the same rows.

    Args:
        difference: mean of new minus old; for right or wrong the risk difference.
        effect_size: Cohen's d_z, the mean difference in standard deviations of the differences; the risk difference
            again for right or wrong; None when all rows differ by the same amount other than 0.
        p_value: exact two-sided McNemar for right or wrong, else None: the interval decides.
    """

    difference: MeanEstimate
    effect_size: float | None
    p_value: float | None
    flips: Flips | None


def mean_interval(values: ArrayLike, generator: np.random.Generator, alpha: float = 0.05) -> MeanEstimate:
    """Return the mean of scores of n >= 2 independent rows, with its interval.

    Below LARGE rows the interval is the bootstrap's, else studentised. Values that are all the same leave nothing to
    learn the spread from: the interval is the value itself, and says only that much. Rates of right and wrong have
    better intervals in `proportions`.

    Args:
        generator: seeded by the caller, so that the same rows give the same interval.

    Raises:
        InvalidInput: `statistics.too_few`, `statistics.out_of_range`; as `inputs.finite`.
    """
    array = _at_least_two(values)
    mean = float(array.mean())
    if _all_alike(array):
        return MeanEstimate(array.size, mean, Interval(mean, mean), "constant")
    if array.size < LARGE:
        return MeanEstimate(array.size, mean, bca(array, generator, alpha), "bca bootstrap")
    return MeanEstimate(array.size, mean, student(array, alpha), "student")


def compare(old: ArrayLike, new: ArrayLike, generator: np.random.Generator, alpha: float = 0.05) -> PairedEstimate:
    """Return how the scores of a new version differ from an old one's, row by row.

    Scores that are all 0 or 1 are judged as right or wrong.

    Args:
        old, new: scores of the same n >= 2 rows, in the same order.
        generator: as in `mean_interval`.

    Raises:
        InvalidInput: `statistics.unequal_lengths`, `statistics.too_few`; as `inputs.finite`.
    """
    before, after = _at_least_two(old), _at_least_two(new)
    if before.size != after.size:
        raise InvalidInput("statistics.unequal_lengths", f"{before.size} old scores do not pair with {after.size} new")
    if bool(np.isin(before, (0.0, 1.0)).all() and np.isin(after, (0.0, 1.0)).all()):
        return _compare_binary(before, after, alpha)
    differences = after - before
    return PairedEstimate(mean_interval(differences, generator, alpha), cohens_dz(differences), None, None)


def cohens_dz(differences: Vector) -> float | None:
    """Return mean over standard deviation of paired differences; None when they are all one value other than 0."""
    array, mean = _at_least_two(differences), float(np.mean(differences))
    if _all_alike(array):
        return None if mean else 0.0
    return mean / float(array.std(ddof=1))


def student(values: ArrayLike, alpha: float = 0.05) -> Interval:
    """Return Student's interval of the mean of n >= 2 values; raises as `mean_interval`."""
    array = _at_least_two(values)
    half = -float(special.stdtrit(array.size - 1, level(alpha) / 2)) * float(array.std(ddof=1)) / math.sqrt(array.size)
    return Interval(float(array.mean()) - half, float(array.mean()) + half)


def bca(values: ArrayLike, generator: np.random.Generator, alpha: float = 0.05, resamples: int = RESAMPLES) -> Interval:
    """Return the bias-corrected and accelerated bootstrap interval of a mean (Efron, JASA 1987).

    With fewer than about 20 skewed values it covers less often than it says, as every bootstrap.

    Raises:
        InvalidInput: `statistics.too_few`; `statistics.constant` when all values are the same, which it is not
            defined for; `statistics.out_of_range`.
    """
    array = _at_least_two(values)
    tail = level(alpha) / 2
    if _all_alike(array):
        raise InvalidInput("statistics.constant", "A bootstrap needs values that differ")
    mean = array.mean()
    means = array[generator.integers(array.size, size=(resamples, array.size))].mean(axis=1)
    # Ties count half, as Efron and Tibshirani advise for values on few levels.
    bias = float(special.ndtri(np.clip(((means < mean).mean() + (means <= mean).mean()) / 2, 1e-4, 1 - 1e-4)))
    influence = array - mean
    acceleration = float((influence**3).sum() / (6 * np.square(influence).sum() ** 1.5))
    scores = bias + special.ndtri(np.array([tail, 1 - tail]))
    low, high = np.quantile(means, special.ndtr(bias + scores / (1 - acceleration * scores)))
    return Interval(float(low), float(high))


def _compare_binary(before: Vector, after: Vector, alpha: float) -> PairedEstimate:
    gained, lost = int((after > before).sum()), int((after < before).sum())
    flips = Flips(gained, lost, before.size - gained - lost)
    difference, interval = risk_difference(flips, alpha)
    estimate = MeanEstimate(before.size, difference, interval, "adjusted wald")
    return PairedEstimate(estimate, difference, mcnemar(flips), flips)


def _all_alike(array: Vector) -> bool:
    """Return whether values differ by no more than the rounding of a difference of scores."""
    return bool(np.ptp(array) <= 1e-12 * max(1.0, float(np.abs(array).max())))


def _at_least_two(values: ArrayLike) -> Vector:
    array = finite(values, "scores")
    if array.size < 2:
        raise InvalidInput("statistics.too_few", "An interval of a mean needs two rows")
    return array
