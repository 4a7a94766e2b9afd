"""Chunks of whole sentences that begin, where they can, with a heading, a page or a paragraph."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import IntEnum

from rag.parsing.parsed import PAGE_BREAK, ParsedDocument
from rag.sentences import MAX_SENTENCE_CHARACTERS, Span, split_sentences

MAX_CHARACTERS = 1000
"""About 200 word pieces of English prose, so that MiniLM's window of 256 holds nearly every chunk."""

OVERLAP_SENTENCES = 1
_MAX_OVERLAP_SHARE = 0.25

_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[^\S\r\n]*[\r\n]")


class _Break(IntEnum):
    """What stands between two sentences, the better places to break later."""

    AFTER_HEADING = 0
    SENTENCE = 1
    LINE = 2
    PARAGRAPH = 3
    PAGE = 4
    HEADING = 5


# How much of a chunk's length a better place is worth: a chunk may end 60 % early to begin the next with a heading.
_WORTH = {
    _Break.AFTER_HEADING: -1.0,
    _Break.SENTENCE: 0.0,
    _Break.LINE: 0.1,
    _Break.PARAGRAPH: 0.4,
    _Break.PAGE: 0.5,
    _Break.HEADING: 0.6,
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """`document.text[start:end]`: whole sentences, numbered from 0 in document order.

    Args:
        page: the page on which the chunk begins; None for formats without pages.
        sentences: offsets in the document's text; the first starts at `start`, the last ends at `end`.
    """

    ordinal: int
    start: int
    end: int
    page: int | None
    sentences: tuple[Span, ...]


def chunk(
    document: ParsedDocument, *, max_characters: int = MAX_CHARACTERS, overlap_sentences: int = OVERLAP_SENTENCES
) -> list[Chunk]:
    """Cut a document into chunks of at most `max_characters`.

    Each chunk repeats up to `overlap_sentences` sentences from the end of the one before, as long as
    they take no more than a quarter of a chunk and lie on the same page under the same heading. With 0, every
    sentence is in exactly one chunk. Takes time linear in the length of the text.
    """
    limit = min(MAX_SENTENCE_CHARACTERS, max_characters)
    sentences = split_sentences(document.text, max_characters=limit, stretches=document.stretches)
    breaks = _breaks(document, sentences)
    chunks: list[Chunk] = []
    first = covered = 0
    while covered < len(sentences):
        covered = _end_of_chunk(sentences, breaks, first, covered, max_characters)
        members = tuple(sentences[first:covered])
        start = members[0].start
        chunks.append(Chunk(len(chunks), start, members[-1].end, document.page_at(start), members))
        if covered < len(sentences):
            first = _overlapped(sentences, breaks, first, covered, max_characters, overlap_sentences)
    return chunks


def _breaks(document: ParsedDocument, sentences: list[Span]) -> list[_Break]:
    """Return what stands before each sentence."""
    text, headings = document.text, document.headings
    breaks: list[_Break] = []
    after_heading = False
    position = 0
    for sentence in sentences:
        known = bisect_left(headings, position)
        is_heading = known < len(headings) and headings[known] <= sentence.start
        if after_heading:
            breaks.append(_Break.AFTER_HEADING)
        elif is_heading:
            breaks.append(_Break.HEADING)
        else:
            breaks.append(_gap(text[position : sentence.start]))
        after_heading = is_heading
        position = sentence.end
    return breaks


def _gap(between: str) -> _Break:
    if PAGE_BREAK in between:
        return _Break.PAGE
    if _BLANK_LINE.search(between):
        return _Break.PARAGRAPH
    return _Break.LINE if "\n" in between or "\r" in between else _Break.SENTENCE


def _end_of_chunk(sentences: list[Span], breaks: list[_Break], first: int, covered: int, max_characters: int) -> int:
    """Return the index after the last sentence of the chunk that begins at `first` and must go beyond `covered`."""
    start = sentences[first].start
    best, best_worth = covered + 1, -2.0
    for end in range(covered + 1, len(sentences) + 1):
        length = sentences[end - 1].end - start
        if length > max_characters:
            break
        place = _Break.HEADING if end == len(sentences) else breaks[end]
        worth = _WORTH[place] + length / max_characters
        if worth >= best_worth:
            best, best_worth = end, worth
    return best


def _overlapped(
    sentences: list[Span], breaks: list[_Break], first: int, covered: int, max_characters: int, overlap: int
) -> int:
    """Return the first sentence of the next chunk, whose own begin at `covered`."""
    begin = covered
    while begin - 1 > first and covered - begin < overlap and breaks[begin] < _Break.PAGE:
        shared = sentences[covered - 1].end - sentences[begin - 1].start
        fits = sentences[covered].end - sentences[begin - 1].start <= max_characters
        if not fits or shared > max_characters * _MAX_OVERLAP_SHARE:
            break
        begin -= 1
    return begin
