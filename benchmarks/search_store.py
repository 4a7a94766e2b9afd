"""A corpus put into an engine's database as its own indexing leaves it, without the hours that would take.

Rows are copied by the database's owner. What search reads is exactly what `rag.indexing` would have written for
these passages: chunks, the vectors of their sentences, postings, counters. Jobs and audit entries are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from sqlalchemy import URL

from benchmarks.search_corpus import Corpus, Passage
from mcp_engine.canonical import digest
from mcp_engine.identifiers import new_id
from rag.embedding import Vectors, packed
from rag.indexing import postings
from rag.lexical import terms

CHUNKS_A_DOCUMENT = 100
BATCH = 2000
_TABLES = ("collection", "document", "document_version", "document_text", "chunk", "chunk_sentences", "posting")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the corpus went; `chunks` are version and ordinal of each passage, in the corpus' order."""

    tenant_id: UUID
    collection_id: UUID
    name: str
    chunks: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]], repr=False)


_Chunk = tuple[int, int, list[str], Passage, int]


@dataclass(frozen=True, slots=True)
class _Document:
    version_id: UUID
    text: str
    chunks: list[_Chunk]
    """Start, end, terms, the passage, its number in the corpus."""


def store(
    owner: URL,
    tenant_id: UUID,
    name: str,
    corpus: Corpus,
    passages: Sequence[Passage],
    vectors: Vectors,
    chunks_a_document: int = CHUNKS_A_DOCUMENT,
    *,
    only_vectors: bool = False,
) -> Place:
    """Copy the passages into a new collection, 100 a document; `analyse` once all that is searched has been copied.

    Args:
        only_vectors: leave out what a search by words and the choice of sentences read.
    """
    place = Place(tenant_id, new_id(), name)
    with psycopg.connect(_address(owner)) as connection:
        lengths = [0, 0]
        connection.execute(
            "INSERT INTO collection (tenant_id, id, namespace, name) VALUES (%s, %s, 'default', %s)",
            (tenant_id, place.collection_id, name),
        )
        stream = enumerate(passages)
        while batch := list(islice(stream, BATCH)):
            documents = list(_documents(corpus, batch, chunks_a_document))
            _copy_documents(connection, place, documents)
            _copy_chunks(connection, place, documents, vectors)
            if not only_vectors:
                _copy_words(connection, place, corpus, documents)
            place.chunks.extend((one.version_id, ordinal) for one in documents for ordinal in range(len(one.chunks)))
            lengths[0] += len(batch)
            lengths[1] += sum(len(chunk[2]) for document in documents for chunk in document.chunks)
        connection.execute(
            "UPDATE collection SET chunks = %s, terms = %s WHERE tenant_id = %s AND id = %s",
            (*lengths, tenant_id, place.collection_id),
        )
    return place


def analyse(owner: URL) -> None:
    """Let the database see what was copied, as its own autovacuum does after a while."""
    with psycopg.connect(_address(owner), autocommit=True) as connection:
        for table in _TABLES:
            connection.execute(f"VACUUM ANALYZE {table}".encode())


def table_bytes(owner: URL, table: str) -> int:
    """Return what a table with its indexes takes on disk."""
    with psycopg.connect(_address(owner)) as connection:
        row = connection.execute("SELECT pg_total_relation_size(%s::regclass)", (table,)).fetchone()
    return int(row[0]) if row else 0


def _address(owner: URL) -> str:
    return owner.set(drivername="postgresql").render_as_string(hide_password=False)


def _documents(corpus: Corpus, batch: Sequence[tuple[int, Passage]], chunks_a_document: int) -> Iterator[_Document]:
    for start in range(0, len(batch), chunks_a_document):
        text, chunks = "", list[_Chunk]()
        for number, passage in batch[start : start + chunks_a_document]:
            own = " ".join(corpus.texts[one] for one in passage.sentences)
            chunks.append((len(text), len(text) + len(own), terms(own), passage, number))
            text += own + "\n\n"
        yield _Document(new_id(), text, chunks)


def _copy_documents(connection: psycopg.Connection[Any], place: Place, documents: Sequence[_Document]) -> None:
    tenant, ids = place.tenant_id, {document.version_id: new_id() for document in documents}
    _copy(
        connection,
        "document (tenant_id, id, collection_id, name, latest_number, searched_number)",
        ((tenant, ids[one.version_id], place.collection_id, f"{one.version_id}.md", 1, 1) for one in documents),
    )
    _copy(
        connection,
        "document_version (tenant_id, id, document_id, number, content_sha256, bytes, digest)",
        (
            (tenant, one.version_id, ids[one.version_id], 1, digest(one.text), len(one.text), digest(one.text))
            for one in documents
        ),
    )
    _copy(
        connection,
        "document_text (tenant_id, version_id, text, pages, lines)",
        ((tenant, one.version_id, one.text, "[]", "[]") for one in documents),
    )


def _copy_chunks(
    connection: psycopg.Connection[Any], place: Place, documents: Sequence[_Document], vectors: Vectors
) -> None:
    _copy(
        connection,
        'chunk (tenant_id, version_id, ordinal, collection_id, start, "end", terms, embedding)',
        (row for document in documents for row in _chunk_rows(place, document, vectors)),
    )


def _copy_words(
    connection: psycopg.Connection[Any], place: Place, corpus: Corpus, documents: Sequence[_Document]
) -> None:
    _copy(
        connection,
        "chunk_sentences (tenant_id, version_id, ordinal, starts, ends, vectors)",
        (row for document in documents for row in _sentence_rows(place, document, corpus)),
    )
    _copy(
        connection,
        "posting (tenant_id, collection_id, term, version_id, places)",
        (row for document in documents for row in _posting_rows(place, document)),
    )


def _chunk_rows(place: Place, document: _Document, vectors: Vectors) -> Iterator[tuple[Any, ...]]:
    for ordinal, (start, end, found, _, number) in enumerate(document.chunks):
        own = _vector(vectors[number])
        yield place.tenant_id, document.version_id, ordinal, place.collection_id, start, end, len(found), own


def _sentence_rows(place: Place, document: _Document, corpus: Corpus) -> Iterator[tuple[Any, ...]]:
    for ordinal, (start, _, _, passage, _) in enumerate(document.chunks):
        starts, ends = _spans(corpus, start, passage)
        own = packed(corpus.vectors[list(passage.sentences)])
        yield place.tenant_id, document.version_id, ordinal, starts, ends, own


def _posting_rows(place: Place, document: _Document) -> Iterator[tuple[Any, ...]]:
    for term, found in postings([chunk[2] for chunk in document.chunks]).items():
        yield place.tenant_id, place.collection_id, term, document.version_id, found.packed()


def _spans(corpus: Corpus, start: int, passage: Passage) -> tuple[list[int], list[int]]:
    starts, ends, position = list[int](), list[int](), start
    for number in passage.sentences:
        starts.append(position)
        ends.append(position + len(corpus.texts[number]))
        position = ends[-1] + 1
    return starts, ends


def _vector(vector: np.ndarray[Any, np.dtype[np.float32]]) -> str:
    return "[" + ",".join(map(repr, vector.tolist())) + "]"


def _copy(connection: psycopg.Connection[Any], target: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY {target} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
