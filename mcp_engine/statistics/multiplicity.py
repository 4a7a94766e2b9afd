"""Several hypotheses at once: arms, metrics, segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import finite, level, weights

Decisions = NDArray[np.bool_]


def bonferroni(alpha: float, arms: int, metrics: int = 1) -> float:
    """Return the level of each comparison of an arm with the control on a metric, so that all share `alpha`.

    Splitting beforehand is the one correction that also keeps intervals valid, and any rule of stopping.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    if arms < 1 or metrics < 1:
        raise InvalidInput("statistics.out_of_range", "There must be an arm and a metric to compare")
    return level(alpha) / (arms * metrics)


def weighted_split(alpha: float, shares: ArrayLike) -> list[float]:
    """Return the level of each hypothesis when some deserve more of `alpha`; shares are positive and sum to 1.

    Raises:
        InvalidInput: `statistics.bad_weights`, `statistics.out_of_range`.
    """
    return [level(alpha) * float(share) for share in weights(shares, "shares")]


def holm(p_values: ArrayLike) -> list[float]:
    """Return p-values adjusted by Holm's step-down method (1979), in the given order.

    Rejecting those at most alpha makes any false rejection at all with probability at most alpha, under any
    dependence. Anytime-valid p-values stay so.

    Raises:
        InvalidInput: `statistics.out_of_range` when one is not from 0 to 1; as `inputs.finite`.
    """
    values = finite(p_values, "p_values")
    if (values < 0).any() or (values > 1).any():
        raise InvalidInput("statistics.out_of_range", "p-values lie from 0 to 1")
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1))
    adjusted = np.empty(values.size)
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(value) for value in adjusted]


def e_benjamini_hochberg(e_values: ArrayLike, alpha: float = 0.05) -> Decisions:
    """Return which hypotheses the e-BH procedure rejects, in the given order (Wang and Ramdas, JRSS-B 2022).

    The expected share of false ones among the rejected is at most alpha, under any dependence of the e-values.

    Raises:
        InvalidInput: `statistics.out_of_range` when one is negative; as `inputs.finite`.
    """
    values = finite(e_values, "e_values")
    if (values < 0).any():
        raise InvalidInput("statistics.out_of_range", "e-values are not negative")
    ranked = np.sort(values)[::-1]
    enough = np.nonzero(ranked * np.arange(1, values.size + 1) >= values.size / level(alpha))[0]
    if not enough.size:
        return np.zeros(values.size, dtype=np.bool_)
    return values >= values.size / (alpha * (enough[-1] + 1))
