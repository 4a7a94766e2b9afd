"""What every estimator here asks of its input, said once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mcp_engine.errors import InvalidInput

Vector = NDArray[np.float64]


def finite(values: ArrayLike, name: str) -> Vector:
    """Return values as a float array of shape (n,), n >= 1.

    Raises:
        InvalidInput: `statistics.not_a_list` when they are not one list of numbers, `statistics.empty`,
            `statistics.not_finite` when one is NaN or infinite.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput("statistics.not_a_list", f"{name} must be a list of numbers") from error
    if array.ndim != 1:
        raise InvalidInput("statistics.not_a_list", f"{name} must be one list of numbers, not {array.ndim}-dimensional")
    if not array.size:
        raise InvalidInput("statistics.empty", f"{name} holds no value")
    if not np.isfinite(array).all():
        raise InvalidInput("statistics.not_finite", f"{name} holds a value that is not a finite number")
    return array


def whole_counts(values: ArrayLike, name: str) -> Vector:
    """Return counts as a float array of shape (n,).

    Raises:
        InvalidInput: as `finite`; `statistics.not_counts` when one is negative or not whole.
    """
    array = finite(values, name)
    if (array < 0).any() or (array != np.floor(array)).any():
        raise InvalidInput("statistics.not_counts", f"{name} must be whole numbers from 0")
    return array


def successes_of(successes: int, trials: int) -> None:
    """Check that a number of successes among trials is one.

    Raises:
        InvalidInput: `statistics.not_counts` when there is no trial, or not 0 <= successes <= trials.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise InvalidInput("statistics.not_counts", f"{successes} successes among {trials} trials is not a proportion")


def number(value: float, name: str, *, above: float = -np.inf, below: float = np.inf) -> float:
    """Return a finite number strictly between two bounds.

    Raises:
        InvalidInput: `statistics.out_of_range`.
    """
    if not (np.isfinite(value) and above < value < below):
        raise InvalidInput("statistics.out_of_range", f"{name} must lie strictly between {above} and {below}")
    return float(value)


def level(value: float, name: str = "alpha") -> float:
    """Return a probability strictly between 0 and 1; raises `statistics.out_of_range` otherwise."""
    return number(value, name, above=0.0, below=1.0)


def weights(values: ArrayLike, name: str) -> Vector:
    """Return positive weights of shape (k,), k >= 2, that sum to 1 (up to rounding).

    Raises:
        InvalidInput: as `finite`; `statistics.bad_weights` when one is not positive or they do not sum to 1.
    """
    array = finite(values, name)
    if array.size < 2 or (array <= 0).any() or abs(array.sum() - 1.0) > 1e-9:
        raise InvalidInput("statistics.bad_weights", f"{name} must be two or more positive numbers that sum to 1")
    return array / array.sum()
