"""From a parsed document to its part of the index: chunks, vectors, postings."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rag.chunkers.headers import headers_of
from rag.chunkers.outline import Outline
from rag.chunkers.port import Chunk
from rag.chunkers.registry import chunker_for
from rag.duplicates.minhash import signature_of
from rag.embedding import Embedder, Vectors, packed
from rag.index.postings import Postings
from rag.index.repository import IndexedChunk
from rag.lexical import terms
from rag.parsing.parsed import ParsedDocument
from rag.sentences import Span
from rag.strategy import Chunking
from rag.table_rows import table_rows

Progress = Callable[[int, int], Awaitable[None]]
_CHUNKS_AT_A_TIME = 32
_SENTENCES_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class Index:
    """A document's part of the index; `minhash` finds its duplicates."""

    chunks: list[IndexedChunk]
    postings: dict[str, Postings]
    minhash: bytes

    @property
    def terms(self) -> int:
        return sum(chunk.terms for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in chunks.

    Args:
        headers: of each chunk, "" for none; what its embedding reads before its text.
        terms: of each chunk.
        outline: what was cut; its vectors are those of the sentences, when the chunker compared them.
    """

    chunks: Sequence[Chunk]
    headers: list[str]
    terms: list[list[str]]
    outline: Outline

    def read(self, place: int) -> str:
        """Return what the embedder reads of a chunk."""
        chunk, header = self.chunks[place], self.headers[place]
        text = self.outline.document.text[chunk.start : chunk.end]
        return f"{header}\n\n{text}" if header else text


def cut(outline: Outline, options: Chunking) -> Cut:
    """Return a document's chunks; takes processor time, so call it in a thread.

    Args:
        outline: with the vectors of its sentences when the chunker compares them.
    """
    document, chunks = outline.document, chunker_for(options).cut(outline)
    headers = headers_of(document, chunks) if options.contextual_headers else [""] * len(chunks)
    heads = headers if options.header_terms else [""] * len(chunks)
    found = [terms(head) + terms(document.text[one.start : one.end]) for head, one in zip(heads, chunks, strict=True)]
    return Cut(chunks, headers, found, outline)


async def index_of(
    document: ParsedDocument,
    options: Chunking,
    embedder: Embedder,
    progress: Progress,
    of_sentences: Embedder | None = None,
) -> Index:
    """Return a document's part of the index, reporting what is embedded: sentences where they decide, then chunks.

    Args:
        of_sentences: the same embedder, where it knows the vectors of some sentences.
    """
    outline = await asyncio.to_thread(Outline.of, document, options.max_characters)
    if chunker_for(options).compares:
        outline = replace(outline, vectors=await sentence_vectors(outline, of_sentences or embedder, progress))
    made = await asyncio.to_thread(cut, outline, options)
    indexed = await embed(made, embedder, progress, of_sentences or embedder)
    return await asyncio.to_thread(lambda: Index(indexed, postings(made.terms), signature_of(document.text)))


async def sentence_vectors(outline: Outline, embedder: Embedder, progress: Progress) -> npt.NDArray[np.int8]:
    """Return the packed vectors of all sentences, a row each, reporting progress between batches."""
    reading = await asyncio.to_thread(readings, outline.document)
    vectors = np.zeros((len(outline.sentences), embedder.dimensions), dtype=np.int8)
    for start in range(0, len(vectors), _SENTENCES_AT_A_TIME):
        batch = outline.sentences[start : start + _SENTENCES_AT_A_TIME]
        found = packed(await _distinct([reading(span) for span in batch], embedder))
        vectors[start : start + len(batch)] = np.frombuffer(found, dtype=np.int8).reshape(len(batch), -1)
        await progress(start + len(batch), len(vectors))
    return vectors


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


async def embed(made: Cut, embedder: Embedder, progress: Progress, of_sentences: Embedder) -> list[IndexedChunk]:
    """Return chunks with their vectors and those of their sentences, reporting progress between batches.

    The vector of a row of a table is that of its reading with the heads of its columns.
    """
    vectors_of = await _vectors_of(made.outline, of_sentences)
    indexed: list[IndexedChunk] = []
    for start in range(0, len(made.chunks), _CHUNKS_AT_A_TIME):
        batch = made.chunks[start : start + _CHUNKS_AT_A_TIME]
        whole = await embedder.embed_passages([made.read(start + offset) for offset in range(len(batch))])
        vectors = await vectors_of(batch)
        for offset, one in enumerate(batch):
            indexed.append(
                IndexedChunk(
                    ordinal=start + offset, start=one.start, end=one.end, page=one.page,
                    terms=len(made.terms[start + offset]), embedding=whole[offset],
                    starts=[span.start for span in one.sentences], ends=[span.end for span in one.sentences],
                    vectors=vectors[offset], siblings=one.siblings,
                )
            )  # fmt: skip
        await progress(len(indexed), len(made.chunks))
    return indexed


_VectorsOf = Callable[[Sequence[Chunk]], Awaitable[list[bytes]]]


async def _vectors_of(outline: Outline, embedder: Embedder) -> _VectorsOf:
    """Return what gives each chunk the packed vectors of its sentences."""
    if outline.vectors is not None:
        return _known(outline.sentences, outline.vectors)
    reading = await asyncio.to_thread(readings, outline.document)

    async def embedded(batch: Sequence[Chunk]) -> list[bytes]:
        vectors = await _distinct([reading(span) for one in batch for span in one.sentences], embedder)
        ends = np.cumsum([len(one.sentences) for one in batch]).tolist()
        return [packed(vectors[end - len(one.sentences) : end]) for one, end in zip(batch, ends, strict=True)]

    return embedded


def _known(sentences: Sequence[Span], vectors: npt.NDArray[np.int8]) -> _VectorsOf:
    place = {span.start: index for index, span in enumerate(sentences)}

    async def known(batch: Sequence[Chunk]) -> list[bytes]:
        firsts = [place[one.start] for one in batch]
        return [vectors[at : at + len(one.sentences)].tobytes() for at, one in zip(firsts, batch, strict=True)]

    return known


async def _distinct(texts: Sequence[str], embedder: Embedder) -> Vectors:
    """Return the vector of each text; neighbouring chunks repeat a sentence, and tables and footers repeat many."""
    distinct = list(dict.fromkeys(texts))
    place = {text: index for index, text in enumerate(distinct)}
    vectors = await embedder.embed_passages(distinct)
    return vectors[[place[text] for text in texts]]


def readings(document: ParsedDocument) -> Callable[[Span], str]:
    """Return what tells how a sentence is read: a row of a table with the heads of its columns.

    Takes processor time, so call it in a thread.
    """
    text = document.text
    rows = table_rows(text)

    def reading(span: Span) -> str:
        row = rows.get(span)
        return text[span.start : span.end] if row is None else row.reading

    return reading
