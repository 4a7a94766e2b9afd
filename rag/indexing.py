"""From a parsed document to its part of the index: chunks, vectors, postings."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from rag.chunking import Chunk, chunk
from rag.embedding import Embedder, packed
from rag.index.postings import Postings
from rag.index.repository import IndexedChunk
from rag.lexical import terms
from rag.parsing.parsed import ParsedDocument
from rag.sentences import Span
from rag.strategy import Chunking
from rag.table_rows import table_rows

Progress = Callable[[int, int], Awaitable[None]]
_CHUNKS_AT_A_TIME = 32


@dataclass(frozen=True, slots=True)
class Index:
    """A document's part of the index; `minhash` finds its duplicates."""

    chunks: list[IndexedChunk]
    postings: dict[str, Postings]
    minhash: bytes

    @property
    def terms(self) -> int:
        return sum(chunk.terms for chunk in self.chunks)


def cut(document: ParsedDocument, options: Chunking) -> tuple[list[Chunk], list[list[str]]]:
    """Return the chunks of a document and the terms of each; takes processor time, so call it in a thread."""
    chunks = chunk(document, max_characters=options.max_characters, overlap_sentences=options.overlap_sentences)
    return chunks, [terms(document.text[one.start : one.end]) for one in chunks]


def postings(found: Sequence[Sequence[str]]) -> dict[str, Postings]:
    """Return for each term the chunks (by position) that hold it."""
    result: dict[str, Postings] = {}
    for ordinal, chunk_terms in enumerate(found):
        for term, frequency in Counter(chunk_terms).items():
            entry = result.setdefault(term, Postings([], [], []))
            entry.ordinals.append(ordinal)
            entry.frequencies.append(frequency)
            entry.lengths.append(len(chunk_terms))
    return result


async def embed(
    text: str, chunks: Sequence[Chunk], found: Sequence[Sequence[str]], embedder: Embedder, progress: Progress
) -> list[IndexedChunk]:
    """Return chunks with their vectors and those of their sentences, reporting progress between batches.

    The vector of a row of a table is that of its reading with the heads of its columns.
    """
    rows = await asyncio.to_thread(table_rows, text)

    def reading(span: Span) -> str:
        row = rows.get(span)
        return text[span.start : span.end] if row is None else row.reading

    indexed: list[IndexedChunk] = []
    for start in range(0, len(chunks), _CHUNKS_AT_A_TIME):
        batch = chunks[start : start + _CHUNKS_AT_A_TIME]
        whole = await embedder.embed_passages([text[one.start : one.end] for one in batch])
        spans = [span for one in batch for span in one.sentences]
        distinct = list(dict.fromkeys(reading(span) for span in spans))
        # Neighbouring chunks repeat a sentence, and tables and footers repeat many.
        place = {sentence: index for index, sentence in enumerate(distinct)}
        vectors = await embedder.embed_passages(distinct)
        for offset, one in enumerate(batch):
            own = [place[reading(span)] for span in one.sentences]
            indexed.append(
                IndexedChunk(
                    ordinal=start + offset, start=one.start, end=one.end, page=one.page,
                    terms=len(found[start + offset]), embedding=whole[offset],
                    starts=[span.start for span in one.sentences], ends=[span.end for span in one.sentences],
                    vectors=packed(vectors[own]),
                )
            )  # fmt: skip
        await progress(len(indexed), len(chunks))
    return indexed
