"""Queries on the outbox of a store, and on the chunks that it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from rag.embedding import Vectors
from rag.index.postings import terms_by_chunk
from rag.index.vectors import Block
from rag.stores.tables import StoreOutboxRow


@dataclass(frozen=True, slots=True)
class Entry:
    """A version that the store has to hear of, as of change `number`."""

    version_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much the store has not heard of, and since when."""

    versions: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RecordedChunks:
    """Some chunks of a version in order; `vectors` are those of `ordinals`."""

    collection_id: UUID
    ordinals: list[int]
    vectors: Vectors


class StoreRepository:
    """Reads and writes the outbox in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def note(self, version_ids: Sequence[UUID], stale_collection_id: UUID | None = None) -> None:
        """Enter changes of versions; one that waits already waits for this change as well."""
        values = {"tenant_id": self._tenant_id, "versions": list(version_ids), "stale": stale_collection_id}
        await self._session.execute(_NOTE, values)

    async def note_all(self) -> int:
        """Enter every version that is searched, and its collection as stale; return how many versions those are."""
        noted = await self._session.execute(_NOTE_ALL, {"tenant_id": self._tenant_id})
        return len(noted.all())

    async def is_stale(self, collection_id: UUID) -> bool:
        """Return whether the store may hold another index of a collection than the one that is searched, or none."""
        found = exists().where(col(StoreOutboxRow.stale_collection_id) == collection_id)
        return bool(await self._session.scalar(select(found)))

    async def stale_collections(self) -> int:
        """Return how many collections such are."""
        counted = func.count(col(StoreOutboxRow.stale_collection_id).distinct())
        return (await self._session.execute(select(counted))).scalar_one()

    async def waiting(self) -> Waiting:
        row = (await self._session.execute(select(func.count(), func.min(col(StoreOutboxRow.created_at))))).one()
        return Waiting(row[0], row[1])

    async def next(self, after: int, limit: int) -> list[Entry]:
        """Return entries in the order of their changes."""
        rows = await self._session.execute(
            select(col(StoreOutboxRow.version_id), col(StoreOutboxRow.number))
            .where(col(StoreOutboxRow.number) > after)
            .order_by(col(StoreOutboxRow.number))
            .limit(limit)
        )
        return [Entry(row[0], row[1]) for row in rows]

    async def heard(self, entries: Sequence[Entry]) -> None:
        """End entries that were delivered, except those whose version has changed again or is changing now."""
        numbers = [entry.number for entry in entries]
        await self._session.execute(_HEARD, {"versions": [entry.version_id for entry in entries], "numbers": numbers})

    async def chunks(self, version_id: UUID, after: int, limit: int) -> RecordedChunks | None:
        """Return the chunks above an ordinal of a version that is searched now; None when there are no more."""
        parameters = {"version_id": version_id, "after": after, "limit": limit}
        rows = (await self._session.execute(_CHUNKS, parameters)).all()
        if not rows:
            return None
        ordinals = [row.ordinal for row in rows]
        vectors = Block.of(ordinals, b"".join(bytes(row.vector) for row in rows)).vectors
        return RecordedChunks(rows[0].collection_id, ordinals, vectors)

    async def terms(self, version_id: UUID) -> dict[int, list[str]]:
        """Return the terms of each chunk of a version by its ordinal, as the lexical search counts them."""
        rows = (await self._session.execute(_TERMS, {"version_id": version_id})).all()
        return await asyncio.to_thread(terms_by_chunk, [(row.term, bytes(row.places)) for row in rows])


_NOTE = text(
    """
    INSERT INTO store_outbox (tenant_id, version_id, number, stale_collection_id)
    SELECT :tenant_id, version_id, nextval('store_outbox_number'), CAST(:stale AS uuid)
    FROM unnest(CAST(:versions AS uuid[])) AS changed (version_id)
    ON CONFLICT (tenant_id, version_id) DO UPDATE SET number = excluded.number,
        stale_collection_id = coalesce(excluded.stale_collection_id, store_outbox.stale_collection_id)
    """
)

_NOTE_ALL = text(
    """
    INSERT INTO store_outbox (tenant_id, version_id, number, stale_collection_id)
    SELECT :tenant_id, version.id, nextval('store_outbox_number'), document.collection_id
    FROM document
    JOIN document_version AS version ON version.document_id = document.id AND version.number = document.searched_number
    ORDER BY version.id
    ON CONFLICT (tenant_id, version_id) DO UPDATE SET number = excluded.number,
        stale_collection_id = excluded.stale_collection_id
    RETURNING version_id
    """
)

# An entry that somebody holds has a new number coming.
_HEARD = text(
    """
    DELETE FROM store_outbox WHERE version_id IN (
        SELECT version_id FROM store_outbox
        JOIN unnest(CAST(:versions AS uuid[]), CAST(:numbers AS bigint[])) AS heard (version_id, number)
            USING (version_id, number)
        FOR UPDATE OF store_outbox SKIP LOCKED
    )
    """
)

_CHUNKS = text(
    """
    SELECT collection_id, ordinal, vector_send(embedding) AS vector FROM chunk
    WHERE version_id = :version_id AND ordinal > :after ORDER BY ordinal LIMIT :limit
    """
)

_TERMS = text("SELECT term, places FROM posting WHERE version_id = :version_id ORDER BY term")
