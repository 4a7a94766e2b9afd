"""A window of some sentences that moves over the text: every sentence is seen among its neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from rag.chunkers.outline import Outline
from rag.chunkers.port import Chunk


class WindowChunker:
    """Chunks of `sentences` sentences, each beginning `step` sentences after the one before.

    A window that would be longer than `max_characters` ends earlier, and the next one begins so that no sentence is
    passed over; one that would add nothing to the window before is left out.
    """

    compares = False

    def __init__(self, sentences: int, step: int, max_characters: int) -> None:
        self._sentences = sentences
        self._step = step
        self._max_characters = max_characters

    def cut(self, outline: Outline) -> list[Chunk]:
        return [outline.chunk(ordinal, *place) for ordinal, place in enumerate(self._windows(outline))]

    def _windows(self, outline: Outline) -> Iterator[tuple[int, int]]:
        first = covered = 0
        while covered < len(outline.sentences):
            until = self._end(outline, first)
            if until > covered:
                covered = until
                yield first, covered
                first = min(first + self._step, covered)
            else:
                first += 1

    def _end(self, outline: Outline, first: int) -> int:
        until = min(first + self._sentences, len(outline.sentences))
        while until > first + 1 and outline.length(first, until) > self._max_characters:
            until -= 1
        return until
