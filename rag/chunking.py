"""Sentence-aware chunks of a document, with exact offsets."""

from __future__ import annotations

from dataclasses import dataclass

from rag.parsing.parsed import ParsedDocument
from rag.sentences import Span, split_sentences

MAX_CHARACTERS = 1100


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


def chunk(document: ParsedDocument, *, max_characters: int = MAX_CHARACTERS, overlap_sentences: int = 0) -> list[Chunk]:
    """Cut a document into chunks of whole sentences of at most `max_characters`."""
    chunks: list[Chunk] = []
    run: list[Span] = []
    for sentence in [*split_sentences(document.text), None]:
        if run and (sentence is None or sentence.end - run[0].start > max_characters):
            chunks.append(Chunk(len(chunks), run[0].start, run[-1].end, document.page_at(run[0].start), tuple(run)))
            run = run[len(run) - overlap_sentences :]
        if sentence:
            run.append(sentence)
    return chunks
