"""Where the pages of a text begin and end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


class Pages:
    """The pages of a version, as stored: [number, start, end] in order."""

    def __init__(self, spans: Sequence[Sequence[int]]) -> None:
        self._spans = spans

    def at(self, offset: int) -> int | None:
        """Return the number of the page that holds `offset`; None for a text without pages."""
        index = bisect_right(self._spans, offset, key=lambda span: span[1])
        return self._spans[index - 1][0] if index else None
