"""Chunks of whole sentences that begin, where they can, with a heading, a page or a paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from rag.chunkers.outline import Break, Outline
from rag.chunkers.port import Chunk

_MAX_OVERLAP_SHARE = 0.25

# How much of a chunk's length a better place is worth: a chunk may end 60 % early to begin the next with a heading.
_WORTH = {
    Break.AFTER_HEADING: -1.0,
    Break.SENTENCE: 0.0,
    Break.LINE: 0.1,
    Break.PARAGRAPH: 0.4,
    Break.PAGE: 0.5,
    Break.HEADING: 0.6,
}


class SentenceChunker:
    """Fills each chunk up to the best place to end near its limit.

    Each repeats up to `overlap_sentences` sentences from the end of the one before, as long as they take no more
    than a quarter of a chunk and lie on the same page under the same heading. With 0, every sentence is in exactly
    one chunk.
    """

    compares = False

    def __init__(self, max_characters: int, overlap_sentences: int = 0) -> None:
        self._max_characters = max_characters
        self._overlap_sentences = overlap_sentences

    def cut(self, outline: Outline) -> list[Chunk]:
        places = filled(outline, 0, len(outline.sentences), self._max_characters, self._overlap_sentences)
        return [outline.chunk(ordinal, *place) for ordinal, place in enumerate(places)]


def filled(
    outline: Outline, begin: int, until: int, max_characters: int, overlap_sentences: int = 0
) -> Iterator[tuple[int, int]]:
    """Yield the (first, until) of chunks that hold the sentences `begin:until`."""
    first = covered = begin
    while covered < until:
        covered = _end_of_chunk(outline, first, covered, until, max_characters)
        yield first, covered
        if covered < until:
            first = _overlapped(outline, first, covered, max_characters, overlap_sentences)


def _end_of_chunk(outline: Outline, first: int, covered: int, until: int, max_characters: int) -> int:
    """Return the index after the last sentence of the chunk that begins at `first` and must go beyond `covered`."""
    best, best_worth = covered + 1, -2.0
    for end in range(covered + 1, until + 1):
        length = outline.length(first, end)
        if length > max_characters:
            break
        place = Break.HEADING if end == until else outline.breaks[end]
        worth = _WORTH[place] + length / max_characters
        if worth >= best_worth:
            best, best_worth = end, worth
    return best


def _overlapped(outline: Outline, first: int, covered: int, max_characters: int, overlap: int) -> int:
    """Return the first sentence of the next chunk, whose own begin at `covered`."""
    begin = covered
    while begin - 1 > first and covered - begin < overlap and outline.breaks[begin] < Break.PAGE:
        fits = outline.length(begin - 1, covered + 1) <= max_characters
        if not fits or outline.length(begin - 1, covered) > max_characters * _MAX_OVERLAP_SHARE:
            break
        begin -= 1
    return begin
