"""Every query of datasets' rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.datasets.rows import StoredRow
from mcp_engine.evaluation.datasets.tables import DatasetMember, DatasetRow, DatasetRowContent

_AT_ONCE = 5000


class MemberRow(NamedTuple):
    """A row at its place; `content` is None where it was erased."""

    position: int
    digest: str
    inputs_digest: str
    content: dict[str, Any] | None


class DatasetRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def has_rows(self, version_id: UUID) -> bool:
        statement = select(exists().where(col(DatasetMember.version_id) == version_id))
        return bool((await self._session.execute(statement)).scalar())

    async def add(self, version_id: UUID, splits: Mapping[str, Sequence[StoredRow]]) -> None:
        """Store the rows of a version. A row without text is there already."""
        tenant = {"tenant_id": self._work.tenant_id}
        for split, rows in splits.items():
            new = [row for row in rows if row.text]
            await self._insert(
                DatasetRow, [{**tenant, "digest": row.digest, "inputs_digest": row.inputs_digest} for row in new]
            )
            await self._insert(
                DatasetRowContent, [{**tenant, "row_digest": row.digest, "content": row.text} for row in new]
            )
            key = {**tenant, "version_id": version_id, "split": split}
            await self._insert(
                DatasetMember,
                [{**key, "position": position, "row_digest": row.digest} for position, row in enumerate(rows)],
            )

    async def _insert(self, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            await self._session.execute(insert(table).on_conflict_do_nothing(), rows[start : start + _AT_ONCE])

    async def members(self, version_id: UUID) -> list[tuple[str, str, str]]:
        """Return split, digest and inputs' digest of every row, in order; no content."""
        statement = (
            select(col(DatasetMember.split), col(DatasetRow.digest), col(DatasetRow.inputs_digest))
            .join(DatasetRow, ROW_OF_MEMBER)
            .where(col(DatasetMember.version_id) == version_id)
            .order_by(col(DatasetMember.split), col(DatasetMember.position))
        )
        return [(split, digest, inputs) for split, digest, inputs in await self._session.execute(statement)]

    async def page(
        self, version_id: UUID, split: str, *, after: int | None = None, limit: int | None = None
    ) -> list[MemberRow]:
        """Return rows of a split by position."""
        beyond = [] if after is None else [col(DatasetMember.position) > after]
        return await self._rows(version_id, split, *beyond, limit=limit)

    async def at(self, version_id: UUID, split: str, positions: Collection[int]) -> list[MemberRow]:
        """Return the rows at these positions."""
        return await self._rows(version_id, split, col(DatasetMember.position).in_(positions))

    async def _rows(
        self, version_id: UUID, split: str, *conditions: ColumnElement[bool], limit: int | None = None
    ) -> list[MemberRow]:
        statement = (
            select(
                col(DatasetMember.position),
                col(DatasetRow.digest),
                col(DatasetRow.inputs_digest),
                col(DatasetRowContent.content),
            )
            .join(DatasetRow, ROW_OF_MEMBER)
            .outerjoin(DatasetRowContent, _CONTENT)
            .where(col(DatasetMember.version_id) == version_id, col(DatasetMember.split) == split, *conditions)
            .order_by(col(DatasetMember.position))
            .limit(limit)
        )
        return [_member_row(*row) for row in await self._session.execute(statement)]

    async def holds_row(self, version_ids: Collection[UUID], digest: str) -> bool:
        """Return whether any of these versions has a row."""
        statement = select(
            exists().where(col(DatasetMember.version_id).in_(version_ids), col(DatasetMember.row_digest) == digest)
        )
        return bool((await self._session.execute(statement)).scalar())

    async def contents(self, version_ids: Collection[UUID]) -> list[tuple[UUID, str, str, str | None]]:
        """Return version, split, digest and content of all their rows, for verification."""
        statement = (
            select(
                col(DatasetMember.version_id),
                col(DatasetMember.split),
                col(DatasetMember.row_digest),
                col(DatasetRowContent.content),
            )
            .outerjoin(DatasetRowContent, _CONTENT)
            .where(col(DatasetMember.version_id).in_(version_ids))
        )
        return [(version, split, row, text) for version, split, row, text in await self._session.execute(statement)]


ROW_OF_MEMBER = and_(
    col(DatasetRow.tenant_id) == col(DatasetMember.tenant_id), col(DatasetRow.digest) == col(DatasetMember.row_digest)
)
_CONTENT = and_(
    col(DatasetRowContent.tenant_id) == col(DatasetMember.tenant_id),
    col(DatasetRowContent.row_digest) == col(DatasetMember.row_digest),
)


def _member_row(position: int, digest: str, inputs_digest: str, content: str | None) -> MemberRow:
    return MemberRow(position, digest, inputs_digest, None if content is None else json.loads(content))
