"""A document as chunkers see it: its sentences, and what stands between them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from rag.chunkers.port import Chunk
from rag.parsing.parsed import PAGE_BREAK, ParsedDocument
from rag.sentences import MAX_SENTENCE_CHARACTERS, Span, split_sentences

_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[^\S\r\n]*[\r\n]")


class Break(IntEnum):
    """What stands between two sentences, the better places to break later."""

    AFTER_HEADING = 0
    SENTENCE = 1
    LINE = 2
    PARAGRAPH = 3
    PAGE = 4
    HEADING = 5


@dataclass(frozen=True, slots=True)
class Outline:
    """A document, its sentences in order, and what stands before each.

    Args:
        vectors: of each sentence, packed (`rag.embedding.packed`); only for chunkers that compare them.
    """

    document: ParsedDocument
    sentences: Sequence[Span]
    breaks: Sequence[Break]
    vectors: npt.NDArray[np.int8] | None = None

    @classmethod
    def of(cls, document: ParsedDocument, max_characters: int) -> Outline:
        """Return the outline of a document whose chunks have at most `max_characters`; takes processor time."""
        limit = min(MAX_SENTENCE_CHARACTERS, max_characters)
        sentences = split_sentences(document.text, max_characters=limit, stretches=document.stretches)
        return cls(document, sentences, _breaks(document, sentences))

    def length(self, first: int, until: int) -> int:
        """Return how many characters the sentences `first:until` take, with what stands between them."""
        return self.sentences[until - 1].end - self.sentences[first].start

    def chunk(self, ordinal: int, first: int, until: int, siblings: tuple[int, int] | None = None) -> Chunk:
        """Return the chunk that the sentences `first:until` make."""
        members = tuple(self.sentences[first:until])
        start = members[0].start
        return Chunk(ordinal, start, members[-1].end, self.document.page_at(start), members, siblings)


def _breaks(document: ParsedDocument, sentences: Sequence[Span]) -> list[Break]:
    """Return what stands before each sentence."""
    text, headings = document.text, document.headings
    breaks: list[Break] = []
    after_heading = False
    position = 0
    for sentence in sentences:
        known = bisect_left(headings, position)
        is_heading = known < len(headings) and headings[known] <= sentence.start
        if after_heading:
            breaks.append(Break.AFTER_HEADING)
        elif is_heading:
            breaks.append(Break.HEADING)
        else:
            breaks.append(_gap(text[position : sentence.start]))
        after_heading = is_heading
        position = sentence.end
    return breaks


def _gap(between: str) -> Break:
    if PAGE_BREAK in between:
        return Break.PAGE
    if _BLANK_LINE.search(between):
        return Break.PARAGRAPH
    return Break.LINE if "\n" in between or "\r" in between else Break.SENTENCE
