"""Queries on re-indexings: what is left to make, what is made, and the switch-over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.jobs.tables import JobRow
from rag.index.repository import IndexedChunk
from rag.indexing import Index
from rag.reindexing.tables import ReindexingRow, StagedChunkRow, StagedPostingRow, StagedVersionRow
from rag.tables import CollectionRow, ReadingRow, TextRow


@dataclass(frozen=True, slots=True)
class StoredReindexing:
    """A re-indexing with the name of its collection and its job."""

    row: ReindexingRow
    collection: str
    namespace: str
    job: JobRow


@dataclass(frozen=True, slots=True)
class Searched:
    """A version that is searched and whose new chunks are not made yet."""

    version_id: UUID
    document_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StoredText:
    text: str
    title: str | None
    pages: list[list[int]]
    media_type: str
    parser: str


@dataclass(frozen=True, slots=True)
class OldSentences:
    """The sentences of a chunk as it is searched now, with their packed vectors."""

    starts: list[int]
    ends: list[int]
    vectors: bytes


class ReindexingRepository:
    """Reads and writes re-indexings in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def add(self, row: ReindexingRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def get(self, reindexing_id: UUID) -> StoredReindexing | None:
        row = (await self._session.execute(_stored().where(col(ReindexingRow.id) == reindexing_id))).one_or_none()
        return None if row is None else StoredReindexing(*row)

    async def page(self, collection_id: UUID, before: UUID | None, limit: int) -> list[StoredReindexing]:
        """Return the re-indexings of a collection, newest first."""
        query = _stored().where(col(ReindexingRow.collection_id) == collection_id)
        if before is not None:
            query = query.where(col(ReindexingRow.id) < before)
        rows = await self._session.execute(query.order_by(col(ReindexingRow.id).desc()).limit(limit))
        return [StoredReindexing(*row) for row in rows]

    async def is_under_way(self, collection_id: UUID) -> bool:
        found = await self._session.scalar(
            select(func.count())
            .select_from(ReindexingRow)
            .join(JobRow, col(JobRow.id) == col(ReindexingRow.job_id))
            .where(col(ReindexingRow.collection_id) == collection_id, col(JobRow.state).in_(("queued", "running")))
        )
        return bool(found)

    async def lock_collection(self, collection_id: UUID) -> CollectionRow:
        """Return a collection, whose index nobody else changes until the transaction ends."""
        found = await self._session.scalar(
            select(CollectionRow)
            .where(col(CollectionRow.id) == collection_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        assert found is not None
        return found

    async def left(self, row: ReindexingRow, limit: int) -> list[Searched]:
        """Return searched versions whose new chunks are to be made yet, by id.

        Those that are cut in the wanted way already and embedded by the wanted embedder stay as they are.
        """
        rows = await self._session.execute(_LEFT, {**_place(row), "chunking": _json(row), "limit": limit})
        return [Searched(*found) for found in rows]

    async def counts(self, row: ReindexingRow) -> tuple[int, int]:
        """Return of how many versions the chunks are made, and of how many they are still to be made."""
        found = (await self._session.execute(_COUNTS, {**_place(row), "chunking": _json(row)})).one()
        return found[0], found[1]

    async def stored_text(self, version_id: UUID) -> StoredText | None:
        """Return what was read of a version; None when it was erased."""
        rows = await self._session.execute(
            select(
                col(TextRow.text), col(TextRow.title), col(TextRow.pages), col(ReadingRow.media_type),
                col(ReadingRow.parser),
            )
            .join(ReadingRow, col(ReadingRow.version_id) == col(TextRow.version_id))
            .where(col(TextRow.version_id) == version_id)
        )  # fmt: skip
        row = rows.one_or_none()
        return None if row is None else StoredText(*row)

    async def old_sentences(self, version_id: UUID, row: ReindexingRow) -> list[OldSentences]:
        """Return the sentences of a searched version, if the wanted embedder has embedded them."""
        rows = await self._session.execute(_OLD_SENTENCES, {**_place(row), "version_id": version_id})
        return [OldSentences(one.starts, one.ends, bytes(one.vectors)) for one in rows]

    async def stage(self, reindexing_id: UUID, version_id: UUID, index: Index) -> None:
        """Keep a version's part of the new index until the switch-over."""
        key = {"tenant_id": self._tenant_id, "reindexing_id": reindexing_id, "version_id": version_id}
        await self._session.execute(insert(StagedVersionRow), [key])
        if index.chunks:
            await self._session.execute(insert(StagedChunkRow), [{**key, **_chunk(one)} for one in index.chunks])
        if index.postings:
            rows = [{**key, "term": term, "places": found.packed()} for term, found in index.postings.items()]
            await self._session.execute(insert(StagedPostingRow), rows)

    async def note_cutting(self, version_ids: Sequence[UUID], chunking: Mapping[str, Any]) -> None:
        """Keep how the chunks of searched versions were cut."""
        values = {"tenant_id": self._tenant_id, "versions": list(version_ids), "chunking": json.dumps(chunking)}
        await self._session.execute(_NOTE_CUTTING, values)

    async def forget(self, version_id: UUID) -> None:
        """Forget what was made of a version that is no longer searched: it repeats the version's text."""
        for table in (StagedPostingRow, StagedChunkRow, StagedVersionRow):
            await self._session.execute(delete(table).where(col(table.version_id) == version_id))

    async def drop_staged(self, collection_id: UUID) -> None:
        """Forget what re-indexings of a collection have made and not put in place."""
        for statement in _DROP_STAGED:
            await self._session.execute(statement, {"collection_id": collection_id})

    async def switch(self, row: ReindexingRow) -> list[UUID]:
        """Put the new chunks in the place of the old, and return the versions whose chunks those are."""
        place = _place(row)
        changed = list((await self._session.execute(_CHANGED, place)).scalars())
        for statement in _SWITCH:
            await self._session.execute(statement, {**place, "versions": changed})
        await self.note_cutting(changed, row.chunking)
        await self.drop_staged(row.collection_id)
        await self._session.execute(
            _SEARCH_FROM_NOW,
            {
                **place, "documents": len(changed), "embedder": row.embedder, "digest": row.embedder_digest,
                "dimensions": row.dimensions,
            },
        )  # fmt: skip
        await self._session.execute(_SWITCHED, {**place, "documents": len(changed)})
        return changed


def _stored() -> Any:
    return (
        select(ReindexingRow, col(CollectionRow.name), col(CollectionRow.namespace), JobRow)
        .join(CollectionRow, col(CollectionRow.id) == col(ReindexingRow.collection_id))
        .join(JobRow, col(JobRow.id) == col(ReindexingRow.job_id))
    )


def _place(row: ReindexingRow) -> dict[str, Any]:
    return {
        "tenant_id": row.tenant_id, "reindexing_id": row.id, "collection_id": row.collection_id,
        "digest": row.embedder_digest,
    }  # fmt: skip


def _json(row: ReindexingRow) -> str:
    return json.dumps(row.chunking)


def _chunk(one: IndexedChunk) -> dict[str, Any]:
    return {
        "ordinal": one.ordinal, "start": one.start, "end": one.end, "page": one.page, "terms": one.terms,
        "siblings": None if one.siblings is None else list(one.siblings), "embedding": one.embedding,
        "starts": one.starts, "ends": one.ends, "vectors": one.vectors,
    }  # fmt: skip


_SEARCHED = """
    FROM document
    JOIN collection ON collection.id = document.collection_id
    JOIN document_version AS version ON version.document_id = document.id AND version.number = document.searched_number
    LEFT JOIN version_cutting AS cutting ON cutting.version_id = version.id
    LEFT JOIN staged_version AS staged ON staged.reindexing_id = :reindexing_id AND staged.version_id = version.id
    WHERE document.collection_id = :collection_id
"""

_IS_LEFT = """
    staged.version_id IS NULL AND NOT coalesce(
        collection.embedder_digest = :digest AND cutting.chunking = CAST(:chunking AS jsonb), false
    )
"""

_LEFT = text(
    f"SELECT version.id, document.id, document.name {_SEARCHED} AND {_IS_LEFT} ORDER BY version.id LIMIT :limit"
)

_COUNTS = text(f"SELECT count(staged.version_id), count(*) FILTER (WHERE {_IS_LEFT}) {_SEARCHED}")

_CHANGED = text(f"SELECT version.id {_SEARCHED} AND staged.version_id IS NOT NULL")

_OLD_SENTENCES = text(
    """
    SELECT starts, ends, vectors FROM chunk_sentences
    WHERE version_id = :version_id
        AND EXISTS (SELECT FROM collection WHERE id = :collection_id AND embedder_digest = :digest)
    """
)

_NOTE_CUTTING = text(
    """
    INSERT INTO version_cutting (tenant_id, version_id, chunking)
    SELECT CAST(:tenant_id AS uuid), version_id, CAST(:chunking AS jsonb)
    FROM unnest(CAST(:versions AS uuid[])) AS cut (version_id)
    ON CONFLICT (tenant_id, version_id) DO UPDATE SET chunking = excluded.chunking
    """
)

_OF_CHANGED = "version_id = ANY(CAST(:versions AS uuid[]))"
_OF_STAGED = f"reindexing_id = :reindexing_id AND {_OF_CHANGED}"

_SWITCH = [
    text(statement)
    for statement in (
        f"DELETE FROM chunk WHERE {_OF_CHANGED}",  # noqa: S608 - of constants
        f"DELETE FROM chunk_sentences WHERE {_OF_CHANGED}",  # noqa: S608 - of constants
        f"DELETE FROM posting WHERE {_OF_CHANGED}",  # noqa: S608 - of constants
        f"""
        INSERT INTO chunk (
            tenant_id, version_id, ordinal, collection_id, start, "end", page, terms, siblings, embedding
        )
        SELECT tenant_id, version_id, ordinal, CAST(:collection_id AS uuid), start, "end", page, terms, siblings,
            embedding
        FROM staged_chunk WHERE {_OF_STAGED}
        """,  # noqa: S608 - of constants
        f"""
        INSERT INTO chunk_sentences (tenant_id, version_id, ordinal, starts, ends, vectors)
        SELECT tenant_id, version_id, ordinal, starts, ends, vectors FROM staged_chunk WHERE {_OF_STAGED}
        """,  # noqa: S608 - of constants
        f"""
        INSERT INTO posting (tenant_id, collection_id, term, version_id, places)
        SELECT tenant_id, CAST(:collection_id AS uuid), term, version_id, places
        FROM staged_posting WHERE {_OF_STAGED}
        """,  # noqa: S608 - of constants
    )
]

_SEARCH_FROM_NOW = text(
    """
    UPDATE collection SET embedder = :embedder, embedder_digest = :digest, dimensions = :dimensions,
        chunks = (SELECT count(*) FROM chunk WHERE collection_id = :collection_id),
        terms = (SELECT coalesce(sum(terms), 0) FROM chunk WHERE collection_id = :collection_id),
        index_revision = gen_random_uuid(), index_id = gen_random_uuid()
    WHERE id = :collection_id
    """
)

_SWITCHED = text("UPDATE reindexing SET documents = :documents, switched_at = now() WHERE id = :reindexing_id")

_DROP_STAGED = [
    text(
        f"DELETE FROM {table} USING reindexing WHERE reindexing.id = {table}.reindexing_id "  # noqa: S608 - of constants
        "AND reindexing.collection_id = :collection_id"
    )
    for table in ("staged_posting", "staged_chunk", "staged_version")
]
