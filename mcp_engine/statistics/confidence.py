"""Confidence sequences for means: intervals that hold at every sample size at once, so that looking costs nothing.

The asymptotic confidence sequences of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform central limit
theory and asymptotic confidence sequences", Annals of Statistics 2024, theorem 2.2). They ask for finite variance
only, but like every central limit they arrive late when the values are skewed, so nothing is said before a burn-in.
"""

from __future__ import annotations

import math

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import level, number
from mcp_engine.statistics.interval import UNBOUNDED, Interval
from mcp_engine.statistics.moments import Moments

BURN_IN = 1000
"""From here on, standard lognormal values (skewness 6.2) are covered too.

The share of 2,000 simulated series that were covered at every size from the burn-in to 50,000 values, at a nominal
0.95 tuned for 1,000: lognormal 0.944 from 500, 0.961 from 1,000, 0.976 from 2,000; of 600, Student's t with 3
degrees of freedom 0.957 already from 50. Of 500 series to 20,000: a rate of 0.05 is covered (0.96) from 1,000,
exponential and normal values (0.95 to 0.96) from 50; a lognormal with sigma 1.5 (skewness 33) is not: 0.93 from
1,000, 0.94 from 2,000. For such values raise the burn-in or test an outcome that is bounded.
"""
PLANNED = 1000


def tuning(planned: int, alpha: float = 0.05) -> float:
    """Return the rho that makes the sequence narrowest, nearly, at a sample size (appendix B.2 of the paper).

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    number(planned, "planned", above=0)
    surprise = -2 * math.log(level(alpha))
    return math.sqrt((surprise + math.log(surprise + 1)) / planned)


def radius(count: int, variance: float, alpha: float, rho: float) -> float:
    """Return half the width at `count` values of this variance, in the values' unit.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    number(count, "count", above=0)
    number(rho, "rho", above=0)
    if not 0 <= variance < math.inf:
        raise InvalidInput("statistics.out_of_range", "A variance is finite and not negative")
    spread = count * rho * rho + 1
    return math.sqrt(2 * variance * spread / (count * rho) ** 2 * math.log(math.sqrt(spread) / level(alpha)))


def mean_sequence(moments: Moments, alpha: float = 0.05, planned: int = PLANNED, burn_in: int = BURN_IN) -> Interval:
    """Return the confidence sequence of a mean at this moment, in the values' unit.

    Args:
        moments: of independent values so far.
        planned: the number of values at which it should be narrowest; named before the data.
        burn_in: below this number of values the interval is unbounded.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    if moments.count < _checked(burn_in):
        return UNBOUNDED
    half = radius(moments.count, moments.variance, alpha, tuning(planned, alpha))
    return Interval(moments.mean - half, moments.mean + half)


def difference_sequence(
    a: Moments, b: Moments, alpha: float = 0.05, planned: int = PLANNED, burn_in: int = BURN_IN
) -> Interval:
    """Return the confidence sequence of the mean of B minus the mean of A at this moment, in the values' unit.

    Units were assigned at random with fixed shares, equal or not. The variance of one unit's influence on the
    difference is n (var_A / n_A + var_B / n_B), n = n_A + n_B (section 3 of the paper, without covariates).

    Args:
        a, b: moments of each arm's independent values so far.
        planned: the number of units of both arms together at which it should be narrowest; named before the data.
        burn_in: while an arm has fewer values the interval is unbounded.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    if min(a.count, b.count) < _checked(burn_in):
        return UNBOUNDED
    units = a.count + b.count
    variance = units * (a.variance / a.count + b.variance / b.count)
    half = radius(units, variance, alpha, tuning(planned, alpha))
    return Interval(b.mean - a.mean - half, b.mean - a.mean + half)


def _checked(burn_in: int) -> int:
    if burn_in < 2:
        raise InvalidInput("statistics.out_of_range", "A burn-in is at least two values")
    return burn_in
