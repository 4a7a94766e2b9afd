"""Queries on sources, their runs, and what they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from mcp_engine.jobs.tables import JobRow
from rag.connectors.tables import SourceItemRow, SourceReaderRow, SourceRunRow, SourceScheduleRow
from rag.readers.repository import AccessList, listed, rows_of
from rag.tables import CollectionRow, DocumentRow, SourceRow


@dataclass(frozen=True, slots=True)
class StoredRun:
    row: SourceRunRow
    job: JobRow


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source in its collection, with its documents that are not removed, its last run, and when it is due."""

    row: SourceRow
    collection: CollectionRow
    documents: int
    due_at: datetime | None
    run: StoredRun | None


@dataclass(frozen=True, slots=True)
class KnownItem:
    """What is known of an item: the bytes that were taken last, and the run that dealt with it last."""

    name: str
    fingerprint: str | None
    document_id: UUID | None
    run_id: UUID
    outcome: str


class SourceRepository:
    """Reads and writes sources in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def add(self, row: SourceRow) -> bool:
        """Add a source; False when the collection has one of that name."""
        values = row.model_dump(exclude={"created_at"})
        added = await self._session.scalar(
            insert(SourceRow).values(values).on_conflict_do_nothing().returning(col(SourceRow.id))
        )
        if added is not None and row.every_seconds is not None:
            await self._schedule(row, row.every_seconds, due_in=row.every_seconds)
        return added is not None

    async def change(self, row: SourceRow, values: Mapping[str, Any]) -> None:
        """Change a locked source; raises SQLAlchemy's `IntegrityError` when its collection has one of that name."""
        for name, value in values.items():
            setattr(row, name, value)
        await self._session.flush()

    async def readers(self, source_id: UUID) -> AccessList | None:
        """Return who alone may read what a source brings; None when everyone in the tenant may."""
        restricted = select(col(SourceRow.restricted)).where(col(SourceRow.id) == source_id)
        if not await self._session.scalar(restricted):
            return None
        return (await self.lists([source_id]))[source_id]

    async def lists(self, restricted: Collection[UUID]) -> dict[UUID, AccessList]:
        """Return, for sources that have readers, who these are."""
        columns = col(SourceReaderRow.source_id), col(SourceReaderRow.principal_id), col(SourceReaderRow.group_id)
        return await listed(self._session, restricted, *columns)

    async def set_readers(self, row: SourceRow, wanted: AccessList | None) -> None:
        """Say who alone sees a locked source and reads what it brings; None for everyone in the tenant."""
        if wanted is None:
            await self.change(row, {"restricted": False})
        await self._session.execute(delete(SourceReaderRow).where(col(SourceReaderRow.source_id) == row.id))
        if wanted is None:
            return
        key = {"tenant_id": self._tenant_id, "source_id": row.id}
        await self._session.execute(insert(SourceReaderRow), rows_of(wanted, key))
        # After the list: who writes must see the source that results.
        await self._session.execute(update(SourceRow).where(col(SourceRow.id) == row.id).values(restricted=True))

    async def schedule_anew(self, row: SourceRow) -> None:
        """Have a source looked at now and then as often as it says, or never more while it says nothing."""
        await self._session.execute(delete(SourceScheduleRow).where(col(SourceScheduleRow.source_id) == row.id))
        if row.every_seconds is not None and not row.paused:
            await self._schedule(row, row.every_seconds, due_in=0)

    async def _schedule(self, row: SourceRow, every_seconds: int, *, due_in: int) -> None:
        await self._session.execute(
            insert(SourceScheduleRow).values(
                source_id=row.id, tenant_id=self._tenant_id, every_seconds=every_seconds, due_at=_in(due_in)
            )
        )

    async def get(self, source_id: UUID) -> StoredSource | None:
        row = (await self._session.execute(_stored().where(col(SourceRow.id) == source_id))).one_or_none()
        return None if row is None else _source(row)

    async def page(self, collection_id: UUID, after: str | None, limit: int) -> list[StoredSource]:
        """Return the sources of a collection by name."""
        query = _stored().where(col(SourceRow.collection_id) == collection_id)
        if after is not None:
            query = query.where(col(SourceRow.name) > after)
        return [_source(row) for row in await self._session.execute(query.order_by(col(SourceRow.name)).limit(limit))]

    async def lock(self, source_id: UUID, *, share: bool = False) -> SourceRow | None:
        """Return a source that is not removed; nobody removes it, or, unless shared, starts to read it, until the
        transaction ends."""
        return await self._session.scalar(
            select(SourceRow)
            .where(col(SourceRow.id) == source_id, col(SourceRow.removed_at).is_(None))
            .with_for_update(read=share)
            .execution_options(populate_existing=True)
        )

    async def lock_all(self, collection_id: UUID) -> list[SourceRow]:
        """Return and lock the sources of a collection that are not removed."""
        rows = await self._session.scalars(
            select(SourceRow)
            .where(col(SourceRow.collection_id) == collection_id, col(SourceRow.removed_at).is_(None))
            .order_by(col(SourceRow.id))
            .with_for_update()
        )
        return list(rows)

    async def remove(self, source_id: UUID) -> None:
        """Forget when it is read and what opens it; the rest stays for the documents that came from it."""
        await self._session.execute(delete(SourceScheduleRow).where(col(SourceScheduleRow.source_id) == source_id))
        await self._session.execute(
            update(SourceRow)
            .where(col(SourceRow.id) == source_id)
            .values(removed_at=func.now(), sealed_credential=None)
        )

    async def set_state(self, source_id: UUID, state: str | None) -> None:
        await self._session.execute(update(SourceRow).where(col(SourceRow.id) == source_id).values(state=state))

    async def collection(self, collection_id: UUID) -> CollectionRow:
        found = await self._session.scalar(select(CollectionRow).where(col(CollectionRow.id) == collection_id))
        assert found is not None
        return found

    # documents

    async def is_removed(self, source_id: UUID) -> bool:
        """Return whether a source that a document names is none any more."""
        query = select(col(SourceRow.removed_at)).where(col(SourceRow.id) == source_id)
        return await self._session.scalar(query) is not None

    async def set_source(self, document_id: UUID, source_id: UUID) -> None:
        await self._session.execute(
            update(DocumentRow).where(col(DocumentRow.id) == document_id).values(source_id=source_id)
        )

    async def lock_documents(self, source_id: UUID) -> list[DocumentRow]:
        """Return and lock the documents that a source brought and that are not removed."""
        rows = await self._session.scalars(
            select(DocumentRow)
            .where(col(DocumentRow.source_id) == source_id, _PRESENT)
            .order_by(col(DocumentRow.id))
            .with_for_update()
        )
        return list(rows)

    # runs

    async def add_run(self, row: SourceRunRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def run(self, run_id: UUID) -> StoredRun | None:
        row = (await self._session.execute(_runs().where(col(SourceRunRow.id) == run_id))).one_or_none()
        return None if row is None else StoredRun(*row)

    async def runs(self, source_id: UUID, before: UUID | None, limit: int) -> list[StoredRun]:
        """Return the runs of a source, newest first."""
        query = _runs().where(col(SourceRunRow.source_id) == source_id)
        if before is not None:
            query = query.where(col(SourceRunRow.id) < before)
        rows = await self._session.execute(query.order_by(col(SourceRunRow.id).desc()).limit(limit))
        return [StoredRun(*row) for row in rows]

    async def is_under_way(self, source_id: UUID) -> bool:
        found = await self._session.scalar(
            select(func.count())
            .select_from(SourceRunRow)
            .join(JobRow, col(JobRow.id) == col(SourceRunRow.job_id))
            .where(col(SourceRunRow.source_id) == source_id, col(JobRow.state).in_(("queued", "running")))
        )
        return bool(found)

    async def count(self, run_id: UUID, outcome: str, number: int = 1) -> None:
        """Add to one of a run's counts."""
        counted = getattr(SourceRunRow, outcome)
        await self._session.execute(
            update(SourceRunRow)
            .where(col(SourceRunRow.id) == run_id)
            .values({outcome: col(counted) + number})
            .execution_options(synchronize_session=False)
        )

    async def end_run(self, run_id: UUID) -> None:
        await self._session.execute(
            update(SourceRunRow).where(col(SourceRunRow.id) == run_id).values(ended_at=func.now())
        )

    # items

    async def known(self, source_id: UUID) -> dict[str, KnownItem]:
        rows = await self._session.execute(
            select(
                col(SourceItemRow.name), col(SourceItemRow.fingerprint), col(SourceItemRow.document_id),
                col(SourceItemRow.run_id), col(SourceItemRow.outcome),
            ).where(col(SourceItemRow.source_id) == source_id)
        )  # fmt: skip
        return {row[0]: KnownItem(*row) for row in rows}

    async def note(self, row: SourceItemRow) -> None:
        """Keep what became of an item; one that failed keeps the fingerprint and the document that it had."""
        values = row.model_dump()
        key = ("tenant_id", "source_id", "name")
        kept = (*key, *(("fingerprint", "document_id") if row.outcome == "failed" else ()))
        changed = {name: value for name, value in values.items() if name not in kept}
        await self._session.execute(
            insert(SourceItemRow).values(values).on_conflict_do_update(index_elements=key, set_=changed)
        )

    async def mark(self, source_id: UUID, names: Sequence[str], run_id: UUID, outcome: str) -> None:
        """Say of known items that a run found them unchanged, or gone."""
        await self._session.execute(
            update(SourceItemRow)
            .where(col(SourceItemRow.source_id) == source_id, col(SourceItemRow.name).in_(names))
            .values(run_id=run_id, outcome=outcome, error_code=None, error_message=None)
            .execution_options(synchronize_session=False)
        )

    async def forget_fingerprints(self, source_id: UUID) -> None:
        """Have every item fetched again, for its bytes may come from elsewhere, or belong under another name."""
        await self._session.execute(
            update(SourceItemRow)
            .where(col(SourceItemRow.source_id) == source_id)
            .values(fingerprint=None)
            .execution_options(synchronize_session=False)
        )

    async def forget(self, source_id: UUID, name: str) -> None:
        await self._session.execute(
            delete(SourceItemRow).where(col(SourceItemRow.source_id) == source_id, col(SourceItemRow.name) == name)
        )

    async def items(self, source_id: UUID, outcome: str | None, after: str | None, limit: int) -> list[SourceItemRow]:
        """Return by name what a source holds, except what became documents that the reader may not read."""
        query = (
            select(SourceItemRow)
            .outerjoin(DocumentRow, col(DocumentRow.id) == col(SourceItemRow.document_id))
            .where(col(SourceItemRow.source_id) == source_id)
            .where(or_(col(SourceItemRow.document_id).is_(None), col(DocumentRow.id).is_not(None)))
        )
        if outcome is not None:
            query = query.where(col(SourceItemRow.outcome) == outcome)
        if after is not None:
            query = query.where(col(SourceItemRow.name) > after)
        return list(await self._session.scalars(query.order_by(col(SourceItemRow.name)).limit(limit)))


async def claim_due(session: AsyncSession, limit: int) -> list[tuple[UUID, UUID]]:
    """Return tenant and id of sources that are due, of all tenants; each is due again one interval from now.

    Of two servers that ask at once each gets others.
    """
    rows = await session.execute(_CLAIM, {"limit": limit})
    return [(row[0], row[1]) for row in rows]


_CLAIM = text(
    """
    UPDATE source_schedule SET due_at = now() + make_interval(secs => every_seconds)
    WHERE source_id IN (
        SELECT source_id FROM source_schedule WHERE due_at <= now() ORDER BY due_at LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    RETURNING tenant_id, source_id
    """
)
_PRESENT = col(DocumentRow.latest_number) > col(DocumentRow.removed_through)
_OTHER_RUN = aliased(SourceRunRow)
_LAST_RUN = (
    select(col(_OTHER_RUN.id))
    .where(col(_OTHER_RUN.source_id) == col(SourceRow.id))
    .order_by(col(_OTHER_RUN.id).desc())
    .limit(1)
    .correlate(SourceRow)
    .scalar_subquery()
)
_DOCUMENTS = (
    select(func.count())
    .select_from(DocumentRow)
    .where(col(DocumentRow.source_id) == col(SourceRow.id), _PRESENT)
    .correlate(SourceRow)
    .scalar_subquery()
)


def _in(seconds: int) -> object:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _runs() -> Select[SourceRunRow, JobRow]:
    return select(SourceRunRow, JobRow).join(JobRow, col(JobRow.id) == col(SourceRunRow.job_id))


def _stored() -> Select[SourceRow, CollectionRow, int, datetime, SourceRunRow, JobRow]:
    return (
        select(SourceRow, CollectionRow, _DOCUMENTS, col(SourceScheduleRow.due_at), SourceRunRow, JobRow)
        .join(CollectionRow, col(CollectionRow.id) == col(SourceRow.collection_id))
        .outerjoin(SourceScheduleRow, col(SourceScheduleRow.source_id) == col(SourceRow.id))
        .outerjoin(SourceRunRow, col(SourceRunRow.id) == _LAST_RUN)
        .outerjoin(JobRow, col(JobRow.id) == col(SourceRunRow.job_id))
        .where(col(SourceRow.removed_at).is_(None))
    )


def _source(
    row: tuple[SourceRow, CollectionRow, int, datetime | None, SourceRunRow | None, JobRow | None],
) -> StoredSource:
    source, collection, documents, due_at, run, job = row
    stored = None if run is None or job is None else StoredRun(run, job)
    return StoredSource(source, collection, documents, due_at, stored)
