"""Which combinations are worth choosing between, when one wants both quality and speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """What one combination reaches: `quality` is better when higher, `latency_ms` when lower."""

    quality: float
    latency_ms: float


def dominates(one: Point, other: Point) -> bool:
    """Return whether one point is at least as good as another in both, and better in one of them."""
    return one.quality >= other.quality and one.latency_ms <= other.latency_ms and one != other


def front(points: Sequence[Point]) -> list[int]:
    """Return the places of the points that no other dominates, fastest first (after V. Pareto, 1906).

    Equal points are all on the front: neither is better.
    """
    found: list[int] = []
    best = float("-inf")
    latency = float("inf")
    for place in sorted(range(len(points)), key=lambda one: (points[one].latency_ms, -points[one].quality)):
        point = points[place]
        if point.quality > best or (point.quality == best and point.latency_ms == latency):
            best, latency = point.quality, point.latency_ms
            found.append(place)
    return found
