"""Small chunks that are searched, in larger ones that are shown."""

from __future__ import annotations

from collections.abc import Iterator

from rag.chunkers.outline import Outline
from rag.chunkers.port import Chunk
from rag.chunkers.whole_sentences import filled


class ParentChildChunker:
    """Cuts into parents of at most `max_characters`, and each of them into children.

    The children are the chunks; those of one parent are each other's siblings and together hold its sentences once.
    """

    compares = False

    def __init__(self, max_characters: int, child_characters: int) -> None:
        self._max_characters = max_characters
        self._child_characters = child_characters

    def cut(self, outline: Outline) -> list[Chunk]:
        return list(self._children(outline))

    def _children(self, outline: Outline) -> Iterator[Chunk]:
        first = 0
        for parent in filled(outline, 0, len(outline.sentences), self._max_characters):
            places = list(filled(outline, *parent, self._child_characters))
            last = first + len(places) - 1
            for ordinal, place in enumerate(places, start=first):
                yield outline.chunk(ordinal, *place, siblings=(first, last) if last > first else None)
            first = last + 1
