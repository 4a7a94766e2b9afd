"""Queries on chunks and postings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from pgvector.sqlalchemy import Vector
from sqlalchemy import ARRAY, String, bindparam, delete, func, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from rag.embedding import Vectors, unpacked
from rag.index.memory import VectorMemory
from rag.index.postings import FoundTerm, LexicalQuery, LexicalScores, Places, Postings
from rag.index.vectors import Block
from rag.tables import ChunkRow, ChunkSentencesRow, CollectionRow, PostingRow

_memory = VectorMemory()
"""One a process: collections and their revisions are unique over all databases."""


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk as it is written; `vectors` are the packed vectors of its sentences, `siblings` the ordinals of the
    first and the last chunk that are shown with it."""

    ordinal: int
    start: int
    end: int
    page: int | None
    terms: int
    embedding: npt.NDArray[np.float32]
    starts: list[int]
    ends: list[int]
    vectors: bytes
    siblings: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that is near the question by meaning or by words.

    `similarity` is the cosine of chunk and question, `bm25` its lexical score (0 without a common term). `siblings`
    are the ordinals of the first and the last chunk that are shown with it; None for one that is shown by itself.
    """

    version_id: UUID
    ordinal: int
    start: int
    end: int
    page: int | None
    similarity: float
    bm25: float
    starts: list[int]
    ends: list[int]
    vectors: Vectors
    siblings: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The union of both searches.

    Args:
        near: what the dense search found, nearest first.
        worded: what the lexical search found, best first.
        scores: BM25 of every chunk of the collection.
        chunks: how many chunks the collection has.
    """

    found: list[Candidate]
    near: Places
    worded: Places
    scores: LexicalScores
    chunks: int


class IndexRepository:
    """Reads and writes the index in the transaction of `session`."""

    def __init__(self, session: AsyncSession, memory: VectorMemory | None = None) -> None:
        self._session = session
        self._memory = _memory if memory is None else memory

    async def insert(
        self,
        tenant_id: UUID,
        collection_id: UUID,
        version_id: UUID,
        chunks: Sequence[IndexedChunk],
        postings: Mapping[str, Postings],
    ) -> None:
        """Write a version's part of the index, and count it in its collection."""
        key = {"tenant_id": tenant_id, "version_id": version_id}
        place = {**key, "collection_id": collection_id}
        if not chunks:
            return
        await self._session.execute(
            insert(ChunkRow),
            [
                {
                    **place, "ordinal": chunk.ordinal, "start": chunk.start, "end": chunk.end, "page": chunk.page,
                    "terms": chunk.terms, "embedding": chunk.embedding,
                    "siblings": None if chunk.siblings is None else list(chunk.siblings),
                }
                for chunk in chunks
            ],
        )  # fmt: skip
        await self._session.execute(
            insert(ChunkSentencesRow),
            [
                {**key, "ordinal": chunk.ordinal, "starts": chunk.starts, "ends": chunk.ends, "vectors": chunk.vectors}
                for chunk in chunks
            ],
        )
        if postings:
            await self._session.execute(
                insert(PostingRow),
                [
                    {**place, "term": term, "places": found.packed()} for term, found in postings.items()
                ],
            )  # fmt: skip
        await self._count(collection_id, len(chunks), sum(chunk.terms for chunk in chunks))

    async def clear(self, collection_id: UUID, version_id: UUID) -> None:
        """Take a version out of the index; nothing happens when it is not in it."""
        removed = await self._session.execute(
            delete(ChunkRow).where(col(ChunkRow.version_id) == version_id).returning(col(ChunkRow.terms))
        )
        lengths = list(removed.scalars())
        for table in (ChunkSentencesRow, PostingRow):
            await self._session.execute(delete(table).where(col(table.version_id) == version_id))
        if lengths:
            await self._count(collection_id, -len(lengths), -sum(lengths))

    async def _count(self, collection_id: UUID, chunks: int, terms: int) -> None:
        """Note a change: a new revision, and counters by increment, so that concurrent jobs stay exact."""
        await self._session.execute(
            update(CollectionRow)
            .where(col(CollectionRow.id) == collection_id)
            .values(
                chunks=col(CollectionRow.chunks) + chunks,
                terms=col(CollectionRow.terms) + terms,
                index_revision=func.gen_random_uuid(),
            )
        )

    async def indexed_versions(self, collection_id: UUID) -> list[UUID]:
        """Return the versions that have chunks in a collection."""
        return list((await self._session.execute(_INDEXED_VERSIONS, {"collection_id": collection_id})).scalars())

    async def sent_vectors(self, version_ids: Sequence[UUID]) -> list[tuple[UUID, list[int], bytes]]:
        """Return for each version the ordinals of its chunks and, in that order, their vectors as pgvector sends."""
        rows = await self._session.execute(_SENT_VECTORS, {"versions": list(version_ids)})
        return [(row.version_id, row.ordinals, bytes(row.vectors)) for row in rows]

    async def candidates(
        self,
        collection_id: UUID,
        vector: npt.NDArray[np.float32],
        query: LexicalQuery,
        limit: int,
        among: Set[UUID] | None = None,
    ) -> Candidates:
        """Return the `limit` nearest chunks by cosine and the `limit` best by BM25, each with both scores.

        Args:
            among: the versions to search; None for all. How rare a term is stays that of the whole collection,
                so that scores compare whatever is searched.
        """
        index, found = await self._postings(collection_id, query)
        if index is None:
            return _no_candidates(query)
        near = await self._near(collection_id, index, vector, limit, among)
        scores, worded = await asyncio.to_thread(_by_words, found, query, index, limit, among)
        chosen = list(dict.fromkeys([*near, *worded]))
        return Candidates(await self.chunks(chosen, vector, scores), near, worded, scores, index.chunks)

    async def candidates_at(
        self, collection_id: UUID, vector: npt.NDArray[np.float32], query: LexicalQuery, places: Places
    ) -> Candidates:
        """Return what another store found, with the scores that this index gives.

        Places that are not searched in this collection now are left out: such a store may lag behind, or be wrong.
        """
        index, found = await self._postings(collection_id, query)
        if index is None:
            return _no_candidates(query)
        scores, _ = await asyncio.to_thread(_by_words, found, query, index, 0, None)
        rows = await self._session.execute(_HELD, {"collection_id": collection_id, **_split(places)})
        read = await self.chunks([(row.version_id, row.ordinal) for row in rows], vector, scores)
        # Sorting keeps the order in which equal ones were read: of version and ordinal.
        near = sorted(read, key=lambda one: -one.similarity)
        worded = sorted((one for one in read if one.bm25 > 0), key=lambda one: -one.bm25)
        return Candidates(read, _places_of(near), _places_of(worded), scores, index.chunks)

    async def nearest(
        self, collection_id: UUID, vector: npt.NDArray[np.float32], limit: int, among: Set[UUID] | None = None
    ) -> Places:
        """Return the `limit` nearest chunks by cosine, nearest first: exactly, from memory or by a scan."""
        index = (await self._session.execute(_INDEX, {"collection_id": collection_id})).one()
        return await self._near(collection_id, index, vector, limit, among)

    async def rank(
        self,
        collection_id: UUID,
        vector: npt.NDArray[np.float32],
        chunk: tuple[UUID, int],
        among: Set[UUID] | None = None,
    ) -> int | None:
        """Return how many chunks are as near or nearer, this one included; None for a chunk that is not searched."""
        index = (await self._session.execute(_INDEX, {"collection_id": collection_id})).one()
        if self._memory.takes(index.chunks, index.dimensions):
            vectors = await self._memory.vectors(self, collection_id, index.index_revision, index.index_id)
            return await asyncio.to_thread(vectors.rank, vector, chunk, among)
        own = {"version": chunk[0], "ordinal": chunk[1]}
        return await self._session.scalar(_RANK, {**_scanned(collection_id, vector, among), **own}) or None

    async def chunk_vectors(self, places: Places) -> Vectors:
        """Return the vectors of chunks, in order."""
        ordinals = [ordinal for _, ordinal in places]
        keys = {"versions": [version for version, _ in places], "ordinals": ordinals}
        sent = (await self._session.execute(_CHUNK_VECTORS, keys)).scalar()
        return Block.of(ordinals, b"" if sent is None else bytes(sent)).vectors

    async def _near(
        self,
        collection_id: UUID,
        index: Any,
        vector: npt.NDArray[np.float32],
        limit: int,
        among: Set[UUID] | None,
    ) -> Places:
        if self._memory.takes(index.chunks, index.dimensions):
            vectors = await self._memory.vectors(self, collection_id, index.index_revision, index.index_id)
            return await asyncio.to_thread(vectors.nearest, vector, limit, among)
        rows = await self._session.execute(_SCAN, {**_scanned(collection_id, vector, among), "limit": limit})
        return [(row.version_id, row.ordinal) for row in rows]

    async def _postings(self, collection_id: UUID, query: LexicalQuery) -> tuple[Any, list[FoundTerm]]:
        """Return the counters of a collection (None for one that does not exist) and the postings of the terms."""
        rows = (
            await self._session.execute(_POSTINGS, {"collection_id": collection_id, "terms": list(query.terms)})
        ).all()
        held = [row for row in rows if row.term is not None]
        found = [FoundTerm(row.term, bytes(row.versions), row.sizes, bytes(row.places)) for row in held]
        return (rows[0] if rows else None), found

    async def chunks(self, chosen: Places, vector: npt.NDArray[np.float32], scores: LexicalScores) -> list[Candidate]:
        """Return chunks by version and ordinal, with their cosine and their lexical score."""
        rows = (await self._session.execute(_CHUNKS, {"vector": vector, **_split(chosen)})).all()
        # All at once: unpacking a few vectors costs as much as unpacking many.
        vectors = unpacked(b"".join(row.vectors for row in rows), len(vector))
        ends = np.cumsum([len(row.starts) for row in rows], dtype=np.int64).tolist()
        return [
            Candidate(
                version_id=row.version_id, ordinal=row.ordinal, start=row.start, end=row.end, page=row.page,
                similarity=row.similarity, bm25=scores.of(row.version_id, row.ordinal), starts=row.starts,
                ends=row.ends, vectors=vectors[end - len(row.starts) : end],
                siblings=None if row.siblings is None else tuple(row.siblings),
            )
            for row, end in zip(rows, ends, strict=True)
        ]  # fmt: skip


_INDEX = text("SELECT chunks, dimensions, index_revision, index_id FROM collection WHERE id = :collection_id")

# All of them, whoever asks: the vectors in memory serve every reader, and each search says which it may look at.
_INDEXED_VERSIONS = text(
    """
    SELECT searched.version_id FROM searched_versions(:collection_id) AS searched (version_id)
    WHERE EXISTS (SELECT FROM chunk WHERE chunk.version_id = searched.version_id)
    """
)

_SENT_VECTORS = text(
    """
    SELECT version_id, array_agg(ordinal ORDER BY ordinal) AS ordinals,
        string_agg(vector_send(embedding), ''::bytea ORDER BY ordinal) AS vectors
    FROM chunk WHERE version_id = ANY(CAST(:versions AS uuid[])) GROUP BY version_id
    """
)

# For collections that memory does not take. Right under row-level security, where an approximate index
# filtered afterwards loses rows. All vectors have length 1, so the inner product is the cosine, for a third
# of the arithmetic.
_SCAN = text(
    """
    SELECT version_id, ordinal FROM chunk
    WHERE collection_id = :collection_id AND (CAST(:everywhere AS bool) OR version_id = ANY(CAST(:among AS uuid[])))
    ORDER BY embedding <#> :vector, version_id, ordinal LIMIT :limit
    """
).bindparams(bindparam("vector", type_=Vector()))

_RANK = text(
    """
    SELECT count(*) FROM chunk JOIN chunk AS own ON own.version_id = :version AND own.ordinal = :ordinal
    WHERE chunk.collection_id = :collection_id
        AND (CAST(:everywhere AS bool) OR chunk.version_id = ANY(CAST(:among AS uuid[])))
        AND chunk.embedding <#> :vector <= own.embedding <#> :vector
    """
).bindparams(bindparam("vector", type_=Vector()))

_CHUNK_VECTORS = text(
    """
    SELECT string_agg(vector_send(chunk.embedding), ''::bytea ORDER BY position)
    FROM unnest(CAST(:versions AS uuid[]), CAST(:ordinals AS int[]))
        WITH ORDINALITY AS chosen (version_id, ordinal, position)
    JOIN chunk USING (version_id, ordinal)
    """
)

# The aggregates of one group take its rows in the same order, so what they collect belongs together.
_POSTINGS = text(
    """
    SELECT collection.chunks, collection.terms, collection.dimensions, collection.index_revision, collection.index_id,
        found.*
    FROM collection LEFT JOIN (
        SELECT term, string_agg(uuid_send(version_id), ''::bytea) AS versions,
            array_agg(octet_length(places)) AS sizes, string_agg(places, ''::bytea) AS places
        FROM posting WHERE collection_id = :collection_id AND term = ANY(:terms) GROUP BY term
    ) AS found ON true
    WHERE collection.id = :collection_id
    """
).bindparams(bindparam("terms", type_=ARRAY(String)))

_HELD = text(
    """
    SELECT DISTINCT chunk.version_id, chunk.ordinal
    FROM unnest(CAST(:versions AS uuid[]), CAST(:ordinals AS int[])) AS chosen (version_id, ordinal)
    JOIN chunk USING (version_id, ordinal)
    WHERE chunk.collection_id = :collection_id
    """
)

_CHUNKS = text(
    """
    SELECT chunk.version_id, chunk.ordinal, chunk.start, chunk."end", chunk.page,
        -(chunk.embedding <#> :vector) AS similarity, chunk.siblings, sentences.starts, sentences.ends,
        sentences.vectors
    FROM unnest(CAST(:versions AS uuid[]), CAST(:ordinals AS int[])) AS chosen (version_id, ordinal)
    JOIN chunk USING (version_id, ordinal)
    JOIN chunk_sentences AS sentences USING (version_id, ordinal)
    ORDER BY chunk.version_id, chunk.ordinal
    """
).bindparams(bindparam("vector", type_=Vector()))


def _by_words(
    found: Sequence[FoundTerm], query: LexicalQuery, index: Any, limit: int, among: Set[UUID] | None
) -> tuple[LexicalScores, Places]:
    """Return the lexical scores, and the best chunks by them."""
    average = max(index.terms / max(index.chunks, 1), 1.0)
    scores = LexicalScores(found, query, chunks=index.chunks, average=average)
    return scores, scores.best(limit, among)


def _no_candidates(query: LexicalQuery) -> Candidates:
    return Candidates([], [], [], LexicalScores([], query, chunks=0, average=1.0), 0)


def _split(places: Places) -> dict[str, Any]:
    return {"versions": [version for version, _ in places], "ordinals": [ordinal for _, ordinal in places]}


def _places_of(candidates: Sequence[Candidate]) -> Places:
    return [(one.version_id, one.ordinal) for one in candidates]


def _scanned(collection_id: UUID, vector: npt.NDArray[np.float32], among: Set[UUID] | None) -> dict[str, Any]:
    return {
        "collection_id": collection_id, "vector": vector, "everywhere": among is None, "among": list(among or ()),
    }  # fmt: skip
