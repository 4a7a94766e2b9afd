"""Streaming means and variances that can be merged (Welford 1962; Chan, Golub and LeVeque 1983)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mcp_engine.errors import InvalidInput
from mcp_engine.statistics.inputs import finite, number


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sum of squared deviations of values; addition joins two disjoint sets of values."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: ArrayLike) -> Moments:
        """Return the moments of n values, n >= 1; raises as `inputs.finite`."""
        array = finite(values, "values")
        mean = float(array.mean())
        return cls(array.size, mean, float(np.square(array - mean).sum()))

    def observe(self, value: float) -> Moments:
        """Return the moments with one more value; raises `statistics.out_of_range` when it is not finite."""
        return self + Moments(1, number(value, "value"))

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        if not count:
            return self
        shift = other.mean - self.mean
        mean = self.mean + shift * other.count / count
        squares = self.squares + other.squares + shift * shift * self.count * other.count / count
        return Moments(count, mean, squares)

    @property
    def variance(self) -> float:
        """The unbiased variance; raises `statistics.too_few` below two values."""
        if self.count < 2:
            raise InvalidInput("statistics.too_few", "A variance needs two values")
        return self.squares / (self.count - 1)


@dataclass(frozen=True, slots=True)
class CrossMoments:
    """Moments of values y with a covariate x of the same units, and the sum of products of their deviations."""

    x: Moments = Moments()
    y: Moments = Moments()
    products: float = 0.0

    @classmethod
    def of(cls, x: ArrayLike, y: ArrayLike) -> CrossMoments:
        """Return the moments of n pairs.

        Raises:
            InvalidInput: as `inputs.finite`; `statistics.unequal_lengths`.
        """
        xs, ys = finite(x, "x"), finite(y, "y")
        if xs.size != ys.size:
            raise InvalidInput("statistics.unequal_lengths", f"{xs.size} covariates do not pair with {ys.size} values")
        return cls(Moments.of(xs), Moments.of(ys), float((xs - xs.mean()) @ (ys - ys.mean())))

    def observe(self, x: float, y: float) -> CrossMoments:
        """Return the moments with one more pair; raises `statistics.out_of_range` when one is not finite."""
        return self + CrossMoments(Moments(1, number(x, "x")), Moments(1, number(y, "y")))

    def __add__(self, other: CrossMoments) -> CrossMoments:
        here, there = self.x.count, other.x.count
        if not here + there:
            return self
        shift = (other.x.mean - self.x.mean) * (other.y.mean - self.y.mean)
        products = self.products + other.products + shift * here * there / (here + there)
        return CrossMoments(self.x + other.x, self.y + other.y, products)
