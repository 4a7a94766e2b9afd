"""Queries on collections, documents and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from mcp_engine.identifiers import new_id
from mcp_engine.jobs.tables import JobRow
from rag.pages import Pages
from rag.parsing.parsed import LineSpan
from rag.stored import DocumentFilter, Origin, StoredCollection, StoredDocument, StoredVersion
from rag.tables import (
    CollectionRow,
    DocumentRow,
    DuplicateGroupRow,
    IndexingRow,
    OriginalRow,
    ReadingRow,
    SignatureRow,
    SourceRow,
    TextRow,
    VersionRow,
)


class DocumentRepository:
    """Reads and writes documents in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def collection(self, namespace: str, name: str) -> CollectionRow | None:
        return await self._session.scalar(
            select(CollectionRow).where(col(CollectionRow.namespace) == namespace, col(CollectionRow.name) == name)
        )

    async def collections(self, namespace: str, after: str | None, limit: int) -> list[StoredCollection]:
        """Return by name the collections that hold documents, or have sources, which are not removed."""
        query = (
            select(
                CollectionRow,
                func.count(col(DocumentRow.id)),
                func.count().filter(_STATE.in_(("queued", "running"))),
                func.count().filter(_STATE.in_(("failed", "cancelled"))),
                _READABLE_CHUNKS,
            )
            .outerjoin(DocumentRow, and_(col(DocumentRow.collection_id) == col(CollectionRow.id), _PRESENT))
            .outerjoin(VersionRow, _IS_LATEST)
            .outerjoin(IndexingRow, col(IndexingRow.version_id) == col(VersionRow.id))
            .outerjoin(JobRow, col(JobRow.id) == col(IndexingRow.job_id))
            .where(col(CollectionRow.namespace) == namespace)
            .group_by(col(CollectionRow.tenant_id), col(CollectionRow.id))
            .having(or_(func.count(col(DocumentRow.id)) > 0, _HAS_SOURCES))
        )
        if after is not None:
            query = query.where(col(CollectionRow.name) > after)
        rows = await self._session.execute(query.order_by(col(CollectionRow.name)).limit(limit))
        return [StoredCollection(*row) for row in rows]

    async def ensure_collection(self, namespace: str, name: str) -> CollectionRow:
        values = {"tenant_id": self._tenant_id, "id": new_id(), "namespace": namespace, "name": name}
        await self._session.execute(insert(CollectionRow).values(values).on_conflict_do_nothing())
        found = await self.collection(namespace, name)
        assert found is not None
        return found

    async def lock_document(self, collection_id: UUID, name: str) -> DocumentRow | None:
        """Return the document of that name, made when missing; nobody else changes it until the transaction ends.

        None when there is one that the reader may not read.
        """
        values = {"tenant_id": self._tenant_id, "id": new_id(), "collection_id": collection_id, "name": name}
        await self._session.execute(insert(DocumentRow).values(values).on_conflict_do_nothing())
        return await self._session.scalar(
            select(DocumentRow)
            .where(col(DocumentRow.collection_id) == collection_id, col(DocumentRow.name) == name)
            .with_for_update()
        )

    async def lock_by_id(self, document_id: UUID) -> DocumentRow | None:
        return await self._session.scalar(
            select(DocumentRow).where(col(DocumentRow.id) == document_id).with_for_update()
        )

    async def is_being_changed(self, document_id: UUID) -> bool:
        """Return whether another transaction holds the document; else nobody changes it before the end of this one."""
        there = select(literal(1)).where(col(DocumentRow.id) == document_id)
        if await self._session.scalar(there) is None:
            return False
        held = there.with_for_update(read=True, of=DocumentRow, skip_locked=True)
        return await self._session.scalar(held) is None

    async def lock_present(self, collection_id: UUID) -> list[DocumentRow]:
        """Return and lock all documents of a collection that are not removed."""
        rows = await self._session.scalars(
            select(DocumentRow)
            .where(col(DocumentRow.collection_id) == collection_id, _PRESENT)
            .order_by(col(DocumentRow.id))
            .with_for_update()
        )
        return list(rows)

    async def insert_version(self, row: VersionRow) -> None:
        """Add a version; what belongs to it follows, when the job that reads it has an id."""
        self._session.add(row)
        await self._session.flush()

    async def insert_contents(self, row: VersionRow, content: bytes, job_id: UUID) -> None:
        """Add a version's bytes and its place in the queue, and make it the document's latest."""
        key = {"tenant_id": row.tenant_id, "version_id": row.id}
        await self._session.execute(insert(OriginalRow).values(**key, content=content))
        await self._session.execute(insert(IndexingRow).values(**key, job_id=job_id, state="queued"))
        await self._session.execute(
            update(DocumentRow).where(col(DocumentRow.id) == row.document_id).values(latest_number=row.number)
        )

    async def set_indexing(
        self,
        version_id: UUID,
        state: str,
        *,
        job_id: UUID | None = None,
        error_code: str | None = None,
        error_message: str | None = None,
    ) -> None:
        values: dict[str, Any] = {"state": state, "error_code": error_code, "error_message": error_message}
        if job_id is not None:
            values["job_id"] = job_id
        await self._session.execute(update(IndexingRow).where(col(IndexingRow.version_id) == version_id).values(values))

    async def set_searched(self, document_id: UUID, number: int | None) -> None:
        await self._session.execute(
            update(DocumentRow).where(col(DocumentRow.id) == document_id).values(searched_number=number)
        )

    async def set_removed(self, document_id: UUID, through: int) -> None:
        await self._session.execute(
            update(DocumentRow)
            .where(col(DocumentRow.id) == document_id)
            .values(searched_number=None, removed_through=through)
        )

    async def document(self, document_id: UUID) -> StoredDocument | None:
        row = (await self._session.execute(_latest().where(col(DocumentRow.id) == document_id))).one_or_none()
        return None if row is None else _stored(row)

    async def documents(
        self, collection_id: UUID, wanted: DocumentFilter, after: str | None, limit: int
    ) -> list[StoredDocument]:
        """Return documents by name."""
        query = _latest().where(col(DocumentRow.collection_id) == collection_id)
        if not wanted.removed:
            query = query.where(_PRESENT)
        if wanted.state is not None:
            query = query.where(_STATE.in_((wanted.state,)))
        if wanted.name is not None:
            query = query.where(func.strpos(func.lower(col(DocumentRow.name)), wanted.name.lower()) > 0)
        if after is not None:
            query = query.where(col(DocumentRow.name) > after)
        rows = await self._session.execute(query.order_by(col(DocumentRow.name)).limit(limit))
        return [_stored(row) for row in rows]

    async def versions(self, document_id: UUID) -> list[StoredVersion]:
        """Return all versions of a document, newest first."""
        rows = await self._session.execute(
            _versions().where(col(VersionRow.document_id) == document_id).order_by(col(VersionRow.number).desc())
        )
        return [StoredVersion(*row) for row in rows]

    async def version(self, document_id: UUID, number: int) -> StoredVersion | None:
        rows = await self._session.execute(
            _versions().where(col(VersionRow.document_id) == document_id, col(VersionRow.number) == number)
        )
        row = rows.one_or_none()
        return None if row is None else StoredVersion(*row)

    async def version_by_id(self, version_id: UUID) -> VersionRow | None:
        return await self._session.scalar(select(VersionRow).where(col(VersionRow.id) == version_id))

    async def document_of(self, version: VersionRow) -> tuple[DocumentRow, CollectionRow]:
        rows = await self._session.execute(
            select(DocumentRow, CollectionRow)
            .join(CollectionRow, col(CollectionRow.id) == col(DocumentRow.collection_id))
            .where(col(DocumentRow.id) == version.document_id)
        )
        row = rows.one()
        return row[0], row[1]

    async def original(self, version_id: UUID) -> bytes | None:
        return await self._session.scalar(
            select(col(OriginalRow.content)).where(col(OriginalRow.version_id) == version_id)
        )

    async def has_original(self, version_id: UUID) -> bool:
        found = await self._session.scalar(
            select(literal(1)).select_from(OriginalRow).where(col(OriginalRow.version_id) == version_id)
        )
        return found is not None

    async def has_text(self, version_id: UUID) -> bool:
        found = await self._session.scalar(
            select(literal(1)).select_from(TextRow).where(col(TextRow.version_id) == version_id)
        )
        return found is not None

    async def insert_reading(self, reading: ReadingRow, content: TextRow) -> None:
        self._session.add(reading)
        self._session.add(content)
        await self._session.flush()

    async def has_reading(self, version_id: UUID) -> bool:
        found = await self._session.scalar(
            select(literal(1)).select_from(ReadingRow).where(col(ReadingRow.version_id) == version_id)
        )
        return found is not None

    async def text_of(self, version_id: UUID, start: int, end: int) -> tuple[str, list[list[int]]] | None:
        """Return `text[start:end]` (code points) and the version's pages; None when there is no text."""
        rows = await self._session.execute(
            select(func.substring(col(TextRow.text), start + 1, max(0, end - start)), col(TextRow.pages)).where(
                col(TextRow.version_id) == version_id
            )
        )
        row = rows.one_or_none()
        return None if row is None else (row[0], row[1])

    async def lines_of(self, version_id: UUID) -> list[LineSpan]:
        """Return where recognised text of a version stands on its pages."""
        found = await self._session.scalar(select(col(TextRow.lines)).where(col(TextRow.version_id) == version_id))
        return [LineSpan(int(line[0]), int(line[1]), *line[2:]) for line in found or ()]

    async def pages(self, version_ids: Sequence[UUID]) -> dict[UUID, Pages]:
        rows = await self._session.execute(
            select(col(TextRow.version_id), col(TextRow.pages)).where(col(TextRow.version_id).in_(version_ids))
        )
        return {row[0]: Pages(row[1]) for row in rows}

    async def slices(self, places: Sequence[tuple[UUID, int, int]]) -> list[str | None]:
        """Return `text[start:end]` of each (version, start, end), in order; None where the text is gone."""
        rows = await self._session.execute(
            _SLICES,
            {
                "versions": [place[0] for place in places],
                "starts": [place[1] for place in places],
                "ends": [place[2] for place in places],
            },
        )
        return list(rows.scalars())

    async def origins(self, version_ids: Sequence[UUID]) -> dict[UUID, Origin]:
        rows = await self._session.execute(
            select(
                col(VersionRow.document_id), col(DocumentRow.name), col(VersionRow.id), col(VersionRow.number),
                col(VersionRow.digest),
            )
            .join(DocumentRow, col(DocumentRow.id) == col(VersionRow.document_id))
            .where(col(VersionRow.id).in_(version_ids))
        )  # fmt: skip
        return {row[2]: Origin(*row) for row in rows}

    async def content_digests(self, version_ids: Sequence[UUID]) -> list[Any]:
        """Return each version with digests taken anew from the stored content; null where it is gone."""
        return list((await self._session.execute(_CONTENT_DIGESTS, {"versions": list(version_ids)})).all())


_SLICES = text(
    """
    SELECT substring(document_text.text FROM place.start + 1 FOR place.finish - place.start)
    FROM unnest(CAST(:versions AS uuid[]), CAST(:starts AS int[]), CAST(:ends AS int[]))
        WITH ORDINALITY AS place (version_id, start, finish, position)
    LEFT JOIN document_text USING (version_id)
    ORDER BY position
    """
)

_CONTENT_DIGESTS = text(
    """
    SELECT version.id, version.document_id, version.number, document.name, collection.namespace,
        collection.name AS collection, octet_length(original.content) AS bytes,
        encode(sha256(original.content), 'hex') AS content_sha256,
        encode(sha256(convert_to(content.text, 'UTF8')), 'hex') AS text_sha256,
        reading.media_type, reading.parser
    FROM document_version AS version
    JOIN document ON document.id = version.document_id
    JOIN collection ON collection.id = document.collection_id
    LEFT JOIN document_original AS original ON original.version_id = version.id
    LEFT JOIN document_reading AS reading ON reading.version_id = version.id
    LEFT JOIN document_text AS content ON content.version_id = version.id
    WHERE version.id = ANY(CAST(:versions AS uuid[]))
    """
)


_PRESENT = col(DocumentRow.latest_number) > col(DocumentRow.removed_through)
_IS_LATEST = and_(
    col(VersionRow.document_id) == col(DocumentRow.id), col(VersionRow.number) == col(DocumentRow.latest_number)
)
_STATE = case(
    (col(IndexingRow.state).in_(("indexed", "failed")), col(IndexingRow.state)),
    (col(JobRow.state).is_(None), col(IndexingRow.state)),
    (col(JobRow.state).in_(("queued", "running", "cancelled")), col(JobRow.state)),
    else_="failed",
)
"""How far an indexing is, from its own row and its job's."""
_ERASED = ~(select(literal(1)).where(col(OriginalRow.version_id) == col(VersionRow.id)).exists())


def _versions() -> Select[VersionRow, IndexingRow, JobRow, ReadingRow, str, bool]:
    return (
        select(VersionRow, IndexingRow, JobRow, ReadingRow, _STATE, _ERASED)
        .join(IndexingRow, col(IndexingRow.version_id) == col(VersionRow.id))
        .outerjoin(JobRow, col(JobRow.id) == col(IndexingRow.job_id))
        .outerjoin(ReadingRow, col(ReadingRow.version_id) == col(VersionRow.id))
    )


_HAS_SOURCES = (
    select(SourceRow)
    .where(col(SourceRow.collection_id) == col(CollectionRow.id), col(SourceRow.removed_at).is_(None))
    .correlate(CollectionRow)
    .exists()
)
_SEARCHED, _OF_COLLECTION = aliased(VersionRow), aliased(DocumentRow)
_READABLE_CHUNKS = case(
    (col(CollectionRow.restricted) == 0, col(CollectionRow.chunks)),
    else_=select(func.coalesce(func.sum(col(ReadingRow.chunks)), 0))
    .select_from(ReadingRow)
    .join(_SEARCHED, col(_SEARCHED.id) == col(ReadingRow.version_id))
    .join(_OF_COLLECTION, col(_OF_COLLECTION.id) == col(_SEARCHED.document_id))
    .where(col(_OF_COLLECTION.collection_id) == col(CollectionRow.id))
    .where(col(_OF_COLLECTION.searched_number) == col(_SEARCHED.number))
    .correlate(CollectionRow)
    .scalar_subquery(),
)
"""The collection's count is of all its documents; where some have an access list, only what may be read is told."""
_OTHER, _OTHER_VERSION = aliased(SignatureRow), aliased(VersionRow)
_READABLE_REPEATS = (
    select(func.count())
    .select_from(_OTHER)
    .join(_OTHER_VERSION, col(_OTHER_VERSION.id) == col(_OTHER.version_id))
    .where(col(_OTHER.group_id) == col(SignatureRow.group_id))
    .correlate(SignatureRow)
    .scalar_subquery()
)
_REPEATS = (
    select(case((col(CollectionRow.restricted) == 0, col(DuplicateGroupRow.documents)), else_=_READABLE_REPEATS) - 1)
    .select_from(DuplicateGroupRow)
    .join(SignatureRow, col(SignatureRow.group_id) == col(DuplicateGroupRow.id))
    .join(_SEARCHED, col(_SEARCHED.id) == col(SignatureRow.version_id))
    .where(col(_SEARCHED.document_id) == col(DocumentRow.id))
    .where(col(_SEARCHED.number) == col(DocumentRow.searched_number))
    .correlate(DocumentRow, CollectionRow)
    .scalar_subquery()
)


def _latest() -> Select[DocumentRow, CollectionRow, int, VersionRow, IndexingRow, JobRow, ReadingRow, str, bool]:
    repeats = func.coalesce(_REPEATS, 0)
    return (
        select(DocumentRow, CollectionRow, repeats, VersionRow, IndexingRow, JobRow, ReadingRow, _STATE, _ERASED)
        .join(CollectionRow, col(CollectionRow.id) == col(DocumentRow.collection_id))
        .join(VersionRow, _IS_LATEST)
        .join(IndexingRow, col(IndexingRow.version_id) == col(VersionRow.id))
        .outerjoin(JobRow, col(JobRow.id) == col(IndexingRow.job_id))
        .outerjoin(ReadingRow, col(ReadingRow.version_id) == col(VersionRow.id))
    )


def _stored(row: Any) -> StoredDocument:
    return StoredDocument(row[0], row[1], StoredVersion(*row[3:]), repeats=row[2])
