"""Rates measured by an imperfect judge, corrected by what people say of a sample; and how well judges agree."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import successes_of
from mcp_engine.statistics.interval import Interval, two_sided_z
from mcp_engine.statistics.proportions import clopper_pearson


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the judge said of rows whose truth people have settled.

    Args:
        true_positives, positives: rows that it passed among those that are good.
        true_negatives, negatives: rows that it failed among those that are bad.

    Raises:
        InvalidInput: `statistics.not_counts`; `statistics.useless_judge` when it does no better than a coin
            (sensitivity + specificity <= 1), so that its rates say nothing.
    """

    true_positives: int
    positives: int
    true_negatives: int
    negatives: int

    def __post_init__(self) -> None:
        successes_of(self.true_positives, self.positives)
        successes_of(self.true_negatives, self.negatives)
        if self.sensitivity + self.specificity <= 1:
            raise InvalidInput("statistics.useless_judge", "This judge passes bad rows as often as good ones")

    @property
    def sensitivity(self) -> float:
        return self.true_positives / self.positives

    @property
    def specificity(self) -> float:
        return self.true_negatives / self.negatives


def corrected_rate(passed: int, rows: int, judge: Calibration) -> float:
    """Return the rate of good rows behind a judge's rate (Rogan and Gladen 1978), from 0 to 1.

    Raises:
        InvalidInput: `statistics.not_counts`.
    """
    successes_of(passed, rows)
    rate = (passed / rows + judge.specificity - 1) / (judge.sensitivity + judge.specificity - 1)
    return min(1.0, max(0.0, rate))


def corrected_interval(passed: int, rows: int, judge: Calibration, alpha: float = 0.05) -> Interval:
    """Return the interval of the corrected rate, wider the less is known of the judge.

    Lang and Reiczigel, "Confidence limits for prevalence of disease adjusted for estimated sensitivity and
    specificity", Preventive Veterinary Medicine 113 (2014): a Wald interval of adjusted counts, shifted.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    successes_of(passed, rows)
    z = two_sided_z(alpha)
    rate, n = (passed + z * z / 2) / (rows + z * z), rows + z * z
    sensitivity, specificity = (
        (judge.true_positives + 1) / (judge.positives + 2),
        (judge.true_negatives + 1) / (judge.negatives + 2),
    )
    youden = sensitivity + specificity - 1
    good = (rate + specificity - 1) / youden
    of_sensitivity = sensitivity * (1 - sensitivity) / (judge.positives + 2)
    of_specificity = specificity * (1 - specificity) / (judge.negatives + 2)
    variance = rate * (1 - rate) / n + good**2 * of_sensitivity + (1 - good) ** 2 * of_specificity
    centre = good + 2 * z * z * (good * of_sensitivity - (1 - good) * of_specificity)
    half = z * math.sqrt(variance) / abs(youden)
    return Interval(centre - half, centre + half).clipped(0.0, 1.0)


def corrected_floor(passed: int, rows: int, judge: Calibration, level: float) -> float:
    """Return what the corrected rate is above, unless something happened whose probability is at most `level`.

    The level is shared by three exact one-sided bounds (Clopper and Pearson 1934): of the judged rate and of the
    specificity from below, of the sensitivity from above; the rate is that of Rogan and Gladen (1978) in this worst
    corner. Unlike the interval it holds at any level, however small, and asks for more rows.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    share = 2 * level / 3  # the ends of a two-sided interval leave half of it on either side
    rate = clopper_pearson(passed, rows, share).low
    sensitivity = clopper_pearson(judge.true_positives, judge.positives, share).high
    specificity = clopper_pearson(judge.true_negatives, judge.negatives, share).low
    youden = sensitivity + specificity - 1
    return min(1.0, max(0.0, (rate + specificity - 1) / youden)) if youden > 0 else 0.0


def cohens_kappa(table: ArrayLike) -> float:
    """Return Cohen's kappa (1960): the agreement of two judges beyond chance, at most 1.

    Args:
        table: how often the first judge gave category i and the second j, shape (k, k).

    Raises:
        InvalidInput: `statistics.not_counts`; `statistics.constant` when both always gave one and the same category,
            where chance alone agrees.
    """
    counts = np.asarray(table, dtype=np.float64)
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1]
    if not square or not np.isfinite(counts).all() or (counts < 0).any() or not counts.sum():
        raise InvalidInput("statistics.not_counts", "The table must be square and hold counts")
    shares = counts / counts.sum()
    chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    if chance >= 1:
        raise InvalidInput("statistics.constant", "Judges that only ever said one thing cannot be compared")
    return (float(np.trace(shares)) - chance) / (1 - chance)


def krippendorffs_alpha(units: Iterable[Sequence[Hashable | None]]) -> float:
    """Return Krippendorff's alpha for nominal values ("Computing Krippendorff's alpha-reliability", 2011).

    Args:
        units: what each judge said of each unit, None where one said nothing; units with fewer than two values do
            not count.

    Raises:
        InvalidInput: `statistics.empty` when no unit has two values; `statistics.constant` when all are the same.
    """
    given = [[value for value in unit if value is not None] for unit in units]
    paired = [values for values in given if len(values) > 1]
    if not paired:
        raise InvalidInput("statistics.empty", "No unit was judged twice")
    totals = Counter(chain.from_iterable(paired))
    n = totals.total()
    observed = sum(_unequal_pairs(Counter(values)) / (len(values) - 1) for values in paired) / n
    expected = _unequal_pairs(totals) / (n * (n - 1))
    if not expected:
        raise InvalidInput("statistics.constant", "Judges that only ever said one thing cannot be compared")
    return 1 - observed / expected


def _unequal_pairs(counts: Counter[Hashable]) -> int:
    """Return the number of ordered pairs of different values."""
    return counts.total() ** 2 - sum(count * count for count in counts.values())
