"""Spans of characters, and what two sets of them have in common."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[int, int]
"""Start and end, one past the last character."""


def overlap(one: Span, other: Span) -> int:
    """Return how many characters stand in both."""
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
    """Return how many characters stand in the union."""
    return sum(end - start for start, end in merged(spans))
