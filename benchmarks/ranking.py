"""Figures of rankings, spans and decisions; each between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.sweeps.measuring import risk_coverage as curve_of

Span = tuple[int, int]


def overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def merged(spans: Sequence[Span]) -> list[Span]:
    """Return the union of spans as spans that don't touch, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def shared(ours: Sequence[Span], theirs: Sequence[Span]) -> int:
    """Return how many characters stand in both unions."""
    return sum(overlap(one, other) for one in merged(ours) for other in merged(theirs))


def length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float, float]]:
    """Return (threshold, coverage, risk) for each threshold at which the answers change, as sweeps do.

    Every question has an answer here, whatever its confidence.
    """
    return [*curve_of([*zip(confidences, right, strict=True)], len(confidences))]


def coverage_at(curve: Sequence[tuple[float, float, float]], risk: float) -> float:
    """Return the largest coverage whose risk is at most `risk`; 0 where there is none."""
    return max((coverage for _, coverage, found in curve if found <= risk), default=0.0)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the probability that a positive one scores higher than a negative one; ties count half.

    The statistic of Mann and Whitney (1947), over midranks.
    """
    if not positive or not negative:
        return math.nan
    scores = sorted([(one, True) for one in positive] + [(one, False) for one in negative])
    total = 0.0
    place = 0
    while place < len(scores):
        end = place
        while end < len(scores) and scores[end][0] == scores[place][0]:
            end += 1
        total += (place + end + 1) / 2 * sum(is_positive for _, is_positive in scores[place:end])
        place = end
    count = len(positive)
    return (total - count * (count + 1) / 2) / (count * len(negative))
