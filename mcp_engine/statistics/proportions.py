"""Rates of success: the interval of one, and two on the same rows."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import special

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import level, successes_of
from mcp_engine.statistics.interval import Interval, two_sided_z


def wilson(successes: int, trials: int, alpha: float = 0.05) -> Interval:
    """Return the score interval of a rate (Wilson 1927): right on average over rates, the one to show.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    successes_of(successes, trials)
    z = two_sided_z(alpha)
    rate, spread = successes / trials, z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (rate * (1 - rate) + spread / 4)) / (1 + spread)
    low = 0.0 if successes == 0 else centre - half
    return Interval(low, 1.0 if successes == trials else centre + half)


def clopper_pearson(successes: int, trials: int, alpha: float = 0.05) -> Interval:
    """Return the exact interval of a rate (Clopper and Pearson 1934): never below its level, the one to decide by.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    successes_of(successes, trials)
    failures, tail = trials - successes, level(alpha) / 2
    low = float(special.betaincinv(successes, failures + 1, tail)) if successes else 0.0
    return Interval(low, float(special.betainccinv(successes + 1, failures, tail)) if failures else 1.0)


class Flips(NamedTuple):
    """Rows on which two versions were judged right or wrong.

    Args:
        gained: only the new version was right.
        lost: only the old one was.
        agreed: both or neither was.
    """

    gained: int
    lost: int
    agreed: int

    @property
    def rows(self) -> int:
        return self.gained + self.lost + self.agreed


def mcnemar(flips: Flips, *, one_sided: bool = False) -> float:
    """Return the exact p-value that gains and losses are equally likely (McNemar 1947, binomial form).

    Args:
        one_sided: test only whether gains are more likely, which is what a promotion asks.

    Raises:
        InvalidInput: `statistics.not_counts`.
    """
    discordant = _checked(flips).gained + flips.lost
    if one_sided:
        return _at_least(flips.gained, discordant)
    return min(1.0, 2 * _at_least(max(flips.gained, flips.lost), discordant))


def risk_difference(flips: Flips, alpha: float = 0.05) -> tuple[float, Interval]:
    """Return the rate of the new version minus that of the old on the same rows, with its interval.

    The adjusted Wald interval of Bonett and Price ("Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data", 2012): it stays honest when few rows or none flipped.

    Raises:
        InvalidInput: `statistics.not_counts` without rows, `statistics.out_of_range`.
    """
    rows = _checked(flips).rows
    if not rows:
        raise InvalidInput("statistics.not_counts", "A difference needs rows")
    gained, lost = (flips.gained + 1) / (rows + 2), (flips.lost + 1) / (rows + 2)
    half = two_sided_z(alpha) * math.sqrt((gained + lost - (gained - lost) ** 2) / (rows + 2))
    interval = Interval(gained - lost - half, gained - lost + half).clipped(-1.0, 1.0)
    return (flips.gained - flips.lost) / rows, interval


def _at_least(successes: int, trials: int) -> float:
    """Return the probability of so many heads or more from a fair coin."""
    return float(special.betainc(successes, trials - successes + 1, 0.5)) if successes else 1.0


def _checked(flips: Flips) -> Flips:
    if min(flips) < 0:
        raise InvalidInput("statistics.not_counts", "Rows cannot be fewer than none")
    return flips
