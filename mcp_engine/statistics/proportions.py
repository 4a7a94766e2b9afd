"""Rates of success: the interval of one, and two on the same rows."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
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


_STAKES: Final = 20


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


def above(successes: int, trials: int, rate: float) -> float:
    """Return the exact p-value that the true rate is `rate` at most (the binomial tail, as in Clopper and Pearson).

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    successes_of(successes, trials)
    return float(special.betainc(successes, trials - successes + 1, level(rate))) if successes else 1.0


def not_worse(flips: Flips, margin: float) -> float:
    """Return a p-value that the new version is right on fewer rows than the old one, by `margin` or more.

    One over an e-value: what a bettor against the hypothesis would have made of 1, averaged over twenty fixed stakes
    (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86, 2024). It is valid
    for any number of rows, and for any share of rows that flip.

    Args:
        margin: a share of the rows, between 0 and 1.

    Raises:
        InvalidInput: `statistics.not_counts`, `statistics.out_of_range`.
    """
    _checked(flips)
    stakes = np.geomspace(0.01, 0.95 / (1 - level(margin)), _STAKES)
    gained, agreed, lost = (np.log1p(stakes * (flip + margin)) for flip in (1.0, 0.0, -1.0))
    logs = flips.gained * gained + flips.agreed * agreed + flips.lost * lost
    most = float(logs.max())
    if most <= 0:
        return 1.0  # no stake won anything
    return min(1.0, math.exp(-most) / float(np.exp(logs - most).mean()))


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
