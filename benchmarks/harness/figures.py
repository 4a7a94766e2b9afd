"""Percentiles and ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import TypeVar

T = TypeVar("T")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0..1) of the values lie: nearest rank, no interpolation."""
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(ours: float, peer: float) -> float:
    """Return ours over the peer's; infinite where the peer's is nothing."""
    return ours / peer if peer else math.inf


def middle(values: Sequence[float]) -> float:
    """Return the median: of repeated rounds on a shared machine it is what a neighbour disturbs least."""
    return float(median(values))


def spread(values: Sequence[float]) -> float:
    """Return (largest - smallest) / median of repeated rounds: how noisy the machine was."""
    centre = middle(values)
    return (max(values) - min(values)) / centre if centre else 0.0


def evenly(values: Sequence[T], count: int) -> list[T]:
    """Return at most `count` values, evenly spread over all."""
    return [values[place * len(values) // count] for place in range(count)] if len(values) > count else list(values)
