"""A range of values that data leave plausible."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import special

from mcp_engine.statistics.inputs import level


class Interval(NamedTuple):
    """The values from `low` to `high`, both included; an end that nothing bounds is infinite."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float)) and self.low <= value <= self.high

    def clipped(self, low: float, high: float) -> Interval:
        """Return the part between two values that bound the quantity by its nature."""
        return Interval(min(max(self.low, low), high), max(min(self.high, high), low))


UNBOUNDED = Interval(-math.inf, math.inf)


def two_sided_z(alpha: float) -> float:
    """Return the standard normal quantile of 1 - alpha / 2; raises `statistics.out_of_range`."""
    return -float(special.ndtri(level(alpha) / 2))
