"""Queries on signatures and groups of duplicates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.identifiers import new_id
from rag.duplicates.grouping import Print
from rag.tables import (
    CollectionRow,
    DocumentRow,
    DuplicateGroupRow,
    ReadingRow,
    SignatureBandRow,
    SignatureRow,
    VersionRow,
)

SAME_BUCKET = 200
"""How many documents of one bucket a look-up reads: a form letter may have filled it with thousands."""


@dataclass(frozen=True, slots=True)
class Found:
    """A searched version, its print, and its group if it has one."""

    version_id: UUID
    group_id: UUID | None
    print: Print


@dataclass(frozen=True, slots=True)
class Member:
    """A document of a group, as it is shown."""

    group_id: UUID
    document_id: UUID
    document: str
    version_id: UUID
    number: int
    print: Print


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A searched version that has no signature yet, and how long its text is."""

    document_id: UUID
    version_id: UUID
    number: int
    content_sha256: str
    text_sha256: str
    characters: int


class DuplicateRepository:
    """Reads and writes signatures in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def lock_collection(self, collection_id: UUID) -> None:
        """Let nobody else change groups of the collection before the end, so that two like documents see each other."""
        query = select(literal(1)).select_from(CollectionRow).where(col(CollectionRow.id) == collection_id)
        await self._session.execute(query.with_for_update(key_share=True))

    async def same(self, collection_id: UUID, content_sha256: str, text_sha256: str) -> list[Found]:
        """Return one version with the same file and one with the same text, where there are any."""
        found: list[Found] = []
        for column, value in (
            (col(SignatureRow.content_sha256), content_sha256),
            (col(SignatureRow.text_sha256), text_sha256),
        ):
            query = select(SignatureRow).where(col(SignatureRow.collection_id) == collection_id, column == value)
            found += [_found(row) for row in await self._session.scalars(query.limit(1))]
        return found

    async def near(self, collection_id: UUID, buckets: Sequence[int]) -> list[Found]:
        """Return the versions that share a bucket, at most `SAME_BUCKET` of each: an index read a bucket."""
        wanted = {"collection_id": collection_id, "buckets": list(buckets), "most": SAME_BUCKET}
        rows = await self._session.execute(_NEAR, wanted)
        return [_found(row) for row in rows]

    async def insert(self, collection_id: UUID, version_id: UUID, print_: Print, buckets: Sequence[int]) -> None:
        """Keep a signature; its version belongs to no group yet."""
        key = {"tenant_id": self._tenant_id, "collection_id": collection_id, "version_id": version_id}
        digests = {"content_sha256": print_.content_sha256, "text_sha256": print_.text_sha256}
        await self._session.execute(insert(SignatureRow), {**key, **digests, "minhash": print_.minhash})
        if buckets:
            await self._session.execute(insert(SignatureBandRow), [{**key, "bucket": one} for one in buckets])

    async def remove(self, version_id: UUID) -> UUID | None:
        """Remove a signature where there is one; return the group that it was in."""
        await self._session.execute(delete(SignatureBandRow).where(col(SignatureBandRow.version_id) == version_id))
        removed = delete(SignatureRow).where(col(SignatureRow.version_id) == version_id)
        return await self._session.scalar(removed.returning(col(SignatureRow.group_id)))

    async def new_group(self, collection_id: UUID) -> UUID:
        group_id = new_id()
        values = {"tenant_id": self._tenant_id, "id": group_id, "collection_id": collection_id, "documents": 0}
        await self._session.execute(insert(DuplicateGroupRow), values)
        return group_id

    async def put(self, version_ids: Collection[UUID], group_id: UUID | None) -> None:
        """Put versions into a group, or into none."""
        statement = update(SignatureRow).where(col(SignatureRow.version_id).in_(version_ids))
        await self._session.execute(statement.values(group_id=group_id))

    async def merge(self, gone: Collection[UUID], kept: UUID) -> int:
        """Put what is in some groups into another, and remove the empty ones; return how many documents moved."""
        moved = update(SignatureRow).where(col(SignatureRow.group_id).in_(gone)).values(group_id=kept)
        count = len((await self._session.scalars(moved.returning(col(SignatureRow.version_id)))).all())
        await self._session.execute(delete(DuplicateGroupRow).where(col(DuplicateGroupRow.id).in_(gone)))
        return count

    async def grow(self, group_id: UUID, by: int) -> int:
        """Count documents that came to a group or left it; return how many it has now."""
        documents = col(DuplicateGroupRow.documents)
        statement = update(DuplicateGroupRow).where(col(DuplicateGroupRow.id) == group_id)
        grown = statement.values(documents=documents + by).returning(documents)
        return int(await self._session.scalar(grown) or 0)

    async def remove_group(self, group_id: UUID) -> None:
        await self._session.execute(delete(DuplicateGroupRow).where(col(DuplicateGroupRow.id) == group_id))

    async def of_group(self, group_id: UUID) -> list[Found]:
        query = select(SignatureRow).where(col(SignatureRow.group_id) == group_id)
        return [_found(row) for row in await self._session.scalars(query.order_by(col(SignatureRow.version_id)))]

    async def groups(self, collection_id: UUID, before: UUID | None, limit: int) -> list[DuplicateGroupRow]:
        """Return the groups of a collection, newest first."""
        query = select(DuplicateGroupRow).where(col(DuplicateGroupRow.collection_id) == collection_id)
        if before is not None:
            query = query.where(col(DuplicateGroupRow.id) < before)
        return list(await self._session.scalars(query.order_by(col(DuplicateGroupRow.id).desc()).limit(limit)))

    async def members(self, group_ids: Collection[UUID], most: int) -> list[Member]:
        """Return the first documents of each group that the reader may read, at most `most`, first added in front."""
        rows = await self._session.execute(_MEMBERS, {"groups": list(group_ids), "most": most})
        return [
            Member(row.group_id, row.document_id, row.document, row.version_id, row.number, _print(row)) for row in rows
        ]

    async def readable(self, group_ids: Collection[UUID]) -> dict[UUID, int]:
        """Return how many documents of each group the reader may read."""
        group = col(SignatureRow.group_id)
        query = (
            select(group, func.count())
            .join(VersionRow, col(VersionRow.id) == col(SignatureRow.version_id))
            .where(group.in_(group_ids))
            .group_by(group)
        )
        return {group_id: count for group_id, count in await self._session.execute(query) if group_id is not None}

    async def unsigned(self, collection_id: UUID, after: UUID | None, limit: int) -> list[Unsigned]:
        """Return searched versions of the collection that have no signature, by document, from after `after` on."""
        query = (
            select(
                col(DocumentRow.id), col(VersionRow.id), col(VersionRow.number), col(VersionRow.content_sha256),
                col(ReadingRow.text_sha256), col(ReadingRow.characters),
            )
            .join(VersionRow, _IS_SEARCHED)
            .join(ReadingRow, col(ReadingRow.version_id) == col(VersionRow.id))
            .where(col(DocumentRow.collection_id) == collection_id, ~_is_signed(col(VersionRow.id)))
        )  # fmt: skip
        if after is not None:
            query = query.where(col(DocumentRow.id) > after)
        rows = await self._session.execute(query.order_by(col(DocumentRow.id)).limit(limit))
        return [Unsigned(*row) for row in rows]

    async def unsigned_count(self, collection_id: UUID) -> int:
        query = select(func.count()).select_from(DocumentRow).join(VersionRow, _IS_SEARCHED)
        query = query.where(col(DocumentRow.collection_id) == collection_id, ~_is_signed(col(VersionRow.id)))
        return int(await self._session.scalar(query) or 0)

    async def is_signed(self, version_id: UUID) -> bool:
        return bool(await self._session.scalar(select(_is_signed(version_id))))


_IS_SEARCHED = and_(
    col(VersionRow.document_id) == col(DocumentRow.id), col(VersionRow.number) == col(DocumentRow.searched_number)
)


def _is_signed(version_id: Any) -> ColumnElement[bool]:
    return select(literal(1)).where(col(SignatureRow.version_id) == version_id).exists()


_NEAR = text(
    """
    SELECT DISTINCT found.version_id, found.group_id, found.content_sha256, found.text_sha256, found.minhash
    FROM unnest(:buckets) AS wanted (bucket)
    CROSS JOIN LATERAL (
        SELECT version_id FROM signature_band AS band
        WHERE band.collection_id = :collection_id AND band.bucket = wanted.bucket LIMIT :most
    ) AS filed
    JOIN document_signature AS found USING (version_id)
    """
).bindparams(bindparam("buckets", type_=ARRAY(BigInteger)))

_MEMBERS = text(
    """
    SELECT member.* FROM unnest(CAST(:groups AS uuid[])) AS wanted (group_id)
    CROSS JOIN LATERAL (
        SELECT signature.version_id, signature.group_id, signature.content_sha256, signature.text_sha256,
            signature.minhash, version.number, document.id AS document_id, document.name AS document
        FROM document_signature AS signature
        JOIN document_version AS version ON version.id = signature.version_id
        JOIN document ON document.id = version.document_id
        WHERE signature.group_id = wanted.group_id ORDER BY signature.version_id LIMIT :most
    ) AS member
    ORDER BY member.group_id, member.version_id
    """
)


def _found(row: Any) -> Found:
    return Found(row.version_id, row.group_id, _print(row))


def _print(row: Any) -> Print:
    return Print(row.content_sha256, row.text_sha256, bytes(row.minhash))
