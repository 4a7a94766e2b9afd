"""Documents to cut, and cutting them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from rag.chunkers.outline import Outline
from rag.chunkers.port import MAX_CHARACTERS, Chunk, Chunker
from rag.chunkers.whole_sentences import SentenceChunker
from rag.parsing.parsed import PAGE_BREAK, PageSpan, ParsedDocument

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["Hello world. ", "word " * 40,
             "\n\n", "\r\n", "\f", "# Title\n", "- item\n", "\0", "שלום. ", "👩‍👩‍👧 ", "e\u0301", "文。"]
        ),
        st.text(max_size=15),
    ),
    max_size=40,
).map("".join)  # fmt: skip


def text_document(text: str) -> ParsedDocument:
    return ParsedDocument(text, "text/plain", (), None, "test/1")


def paged_document(*pages: str) -> ParsedDocument:
    spans: list[PageSpan] = []
    for number, page in enumerate(pages, start=1):
        start = spans[-1].end + 1 if spans else 0
        spans.append(PageSpan(number, start, start + len(page)))
    return ParsedDocument(PAGE_BREAK.join(pages), "application/pdf", tuple(spans), None, "test/1")


def outline_of(document: ParsedDocument, max_characters: int = MAX_CHARACTERS) -> Outline:
    """Return an outline whose sentences have vectors: directions that follow from their text."""
    outline = Outline.of(document, max_characters)
    rows = [np.random.default_rng(one.end - one.start).integers(-127, 128, 4) for one in outline.sentences]
    return replace(outline, vectors=np.array(rows, dtype=np.int8).reshape(len(rows), 4))


def cut_by(chunker: Chunker, document: ParsedDocument, max_characters: int = MAX_CHARACTERS) -> list[str]:
    """Return the texts of the chunks."""
    chunks = chunker.cut(outline_of(document, max_characters))
    return [document.text[one.start : one.end] for one in chunks]


def chunk(document: ParsedDocument, *, max_characters: int = MAX_CHARACTERS, overlap_sentences: int = 1) -> list[Chunk]:
    """Return the chunks of the chunker that strategies have by default."""
    return SentenceChunker(max_characters, overlap_sentences).cut(Outline.of(document, max_characters))
