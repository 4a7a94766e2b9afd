"""Queries on kept answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.executions.tables import ExecutionOutputRow
from rag.answer_cache.tables import CachedAnswerRow


@dataclass(frozen=True, slots=True)
class Kept:
    """The execution that gave an answer first, and its output."""

    execution_id: UUID
    output: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is kept of a collection's answers, and how often these were given again."""

    entries: int
    hits: int
    oldest: datetime | None


class AnswerCacheRepository:
    """Reads and writes kept answers in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def readable(self, collection_id: UUID) -> str:
        """Return a digest of the versions of a collection that are searched and that the reader may read."""
        return str(await self._session.scalar(_READABLE, {"collection_id": collection_id}))

    async def find(self, key_digest: str, seconds: int) -> Kept | None:
        """Return what is kept under a key for less than so many seconds.

        None also where the execution's content was erased, or shows what the reader may not read.
        """
        query = (
            select(col(CachedAnswerRow.execution_id), col(ExecutionOutputRow.content))
            .join(ExecutionOutputRow, col(ExecutionOutputRow.execution_id) == col(CachedAnswerRow.execution_id))
            .where(col(CachedAnswerRow.key_digest) == key_digest, ~_older(seconds))
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else Kept(row[0], json.loads(row[1]))

    async def keep(self, key_digest: str, collection_id: UUID, execution_id: UUID) -> None:
        """Keep an answer, in place of what stands there, unless its content is gone already."""
        present = select(col(ExecutionOutputRow.execution_id)).where(
            col(ExecutionOutputRow.execution_id) == execution_id
        )
        if await self._session.scalar(present) is None:
            return
        values = {"collection_id": collection_id, "execution_id": execution_id, "hits": 0}
        await self._session.execute(
            insert(CachedAnswerRow)
            .values(tenant_id=self._tenant_id, key_digest=key_digest, **values)
            .on_conflict_do_update(
                index_elements=["tenant_id", "key_digest"],
                set_={**values, "created_at": func.now(), "used_at": func.now()},
            )
        )

    async def count_hit(self, key_digest: str) -> None:
        row = update(CachedAnswerRow).where(col(CachedAnswerRow.key_digest) == key_digest)
        await self._session.execute(row.values(hits=col(CachedAnswerRow.hits) + 1, used_at=func.now()))

    async def make_room(self, entries: int, seconds: int) -> None:
        """Remove what is too old, and what was given longest ago beyond so many entries.

        What another transaction holds is left to the next one.
        """
        keys = select(col(CachedAnswerRow.key_digest))
        beyond = keys.order_by(col(CachedAnswerRow.used_at).desc(), col(CachedAnswerRow.key_digest)).offset(entries)
        for gone in (keys.where(_older(seconds)), beyond):
            await self._session.execute(
                delete(CachedAnswerRow)
                .where(col(CachedAnswerRow.key_digest).in_(gone.with_for_update(skip_locked=True)))
                .execution_options(synchronize_session=False)
            )

    async def drop_collection(self, collection_id: UUID) -> int:
        """Remove the answers of a collection; return how many there were."""
        gone = delete(CachedAnswerRow).where(col(CachedAnswerRow.collection_id) == collection_id)
        return len((await self._session.execute(gone.returning(col(CachedAnswerRow.key_digest)))).all())

    async def drop_execution(self, execution_id: UUID) -> None:
        await self._session.execute(delete(CachedAnswerRow).where(col(CachedAnswerRow.execution_id) == execution_id))

    async def figures(self, collection_id: UUID, seconds: int) -> Figures:
        counts = select(
            func.count(),
            func.coalesce(func.sum(col(CachedAnswerRow.hits)), 0),
            func.min(col(CachedAnswerRow.created_at)),
        ).where(col(CachedAnswerRow.collection_id) == collection_id, ~_older(seconds))
        row = (await self._session.execute(counts)).one()
        return Figures(row[0], int(row[1]), row[2])


def _older(seconds: int) -> Any:
    return col(CachedAnswerRow.created_at) < func.now() - timedelta(seconds=seconds)


# Row-level security leaves out what the reader may not read.
_READABLE = text(
    """
    SELECT encode(sha256(coalesce(string_agg(uuid_send(version.id), ''::bytea ORDER BY version.id), '')), 'hex')
    FROM document
    JOIN document_version AS version ON version.document_id = document.id AND version.number = document.searched_number
    WHERE document.collection_id = :collection_id
    """
)
