"""Narrower intervals from what was known of a unit before the experiment.

CUPED (Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data", WSDM 2013): values are corrected by a covariate that treatment cannot have touched, and the
moments of the corrected values follow from cross-moments, so `confidence.difference_sequence` takes them as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.moments import CrossMoments, Moments


def coefficient(arms: Sequence[CrossMoments]) -> float:
    """Return theta = cov(x, y) / var(x), pooled within arms, so that a treatment effect does not bend it.

    It is 0 when the covariate does not vary. Raises `statistics.empty` without any unit.
    """
    if not sum(arm.x.count for arm in arms):
        raise InvalidInput("statistics.empty", "A coefficient needs units")
    squares = sum(arm.x.squares for arm in arms)
    return sum(arm.products for arm in arms) / squares if squares else 0.0


def adjusted(arms: Sequence[CrossMoments]) -> list[Moments]:
    """Return the moments of y - theta (x - mean of x over all arms), arm by arm.

    Differences of the adjusted means estimate the same effect as those of the plain means, with variance
    (1 - correlation^2) times theirs. Raises `statistics.empty` without any unit.
    """
    theta = coefficient(arms)
    centre = sum((arm.x for arm in arms), Moments()).mean
    return [_adjusted(arm, theta, centre) for arm in arms]


def _adjusted(arm: CrossMoments, theta: float, centre: float) -> Moments:
    squares = arm.y.squares - 2 * theta * arm.products + theta * theta * arm.x.squares
    # A covariate that explains everything leaves a rounding error on either side of zero.
    return Moments(arm.y.count, arm.y.mean - theta * (arm.x.mean - centre), max(squares, 0.0))
