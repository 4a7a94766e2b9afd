"""Chunks that follow the structure of a document, from the coarse to the fine.

A part that fits is one chunk. One that doesn't is cut at its best places (headings of the highest level in it, else
pages, paragraphs, lines and rows, sentences), and neighbouring pieces are joined again as long as they fit: after
LangChain's `RecursiveCharacterTextSplitter`, with what the parser knows in place of separators.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rag.chunkers.outline import Break, Outline
from rag.chunkers.port import Chunk

_DEEPEST = 6
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})", re.MULTILINE)


class StructureChunker:
    """Keeps sections, tables, blocks of code and paragraphs whole wherever they fit into `max_characters`."""

    compares = False

    def __init__(self, max_characters: int) -> None:
        self._max_characters = max_characters

    def cut(self, outline: Outline) -> list[Chunk]:
        if not outline.sentences:
            return []
        places = self._parts(outline, _ranks(outline), 0, len(outline.sentences))
        return [outline.chunk(ordinal, *place) for ordinal, place in enumerate(places)]

    def _parts(self, outline: Outline, ranks: Sequence[int], first: int, until: int) -> Iterator[tuple[int, int]]:
        """Yield the (first, until) of chunks; each call has fewer kinds of places to cut at, so depth is bounded."""
        if until - first == 1 or outline.length(first, until) <= self._max_characters:
            yield first, until
            return
        highest = max(ranks[first + 1 : until])
        ends = [place for place in range(first + 1, until) if ranks[place] == highest]
        begin = first
        for part, end in zip([first, *ends], [*ends, until], strict=True):
            if outline.length(begin, end) <= self._max_characters:
                continue
            if begin < part:
                yield begin, part
            begin = part
            if outline.length(part, end) > self._max_characters:
                yield from self._parts(outline, ranks, part, end)
                begin = end
        if begin < until:
            yield begin, until


def _ranks(outline: Outline) -> list[int]:
    """Return how good a place to cut is before each sentence; headings of higher levels are better."""
    headings, levels = outline.document.headings, outline.document.levels
    fences = _fences(outline.document.text)
    ranks: list[int] = []
    for sentence, kind in zip(outline.sentences, outline.breaks, strict=True):
        rank = int(kind)
        if kind == Break.HEADING and levels:
            level = levels[bisect_right(headings, sentence.start) - 1]
            rank += _DEEPEST - min(level, _DEEPEST)
        elif kind == Break.PARAGRAPH and _is_inside(fences, sentence.start):
            rank = int(Break.LINE)
        ranks.append(rank)
    return ranks


def _fences(text: str) -> list[int]:
    """Return where fenced code begins and ends, in turn (CommonMark: a fence ends with its own kind, as long)."""
    places: list[int] = []
    opened = ""
    for fence in _FENCE.finditer(text):
        if not opened or fence[1].startswith(opened):
            opened = "" if opened else fence[1]
            places.append(fence.end())
    return places


def _is_inside(fences: Sequence[int], offset: int) -> bool:
    return bisect_right(fences, offset) % 2 == 1
