"""Every query of groups. Row-level security adds the tenant to each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.identity.groups.tables import GroupRow, MemberRow
from mcp_engine.identity.tables import Principal


@dataclass(frozen=True, slots=True)
class CountedGroup:
    """A group and how many principals belong to it."""

    group: GroupRow
    members: int


_COUNT = (
    select(func.count())
    .select_from(MemberRow)
    .where(col(MemberRow.group_id) == col(GroupRow.id))
    .correlate(GroupRow)
    .scalar_subquery()
)


class GroupRepository:
    def __init__(self, work: UnitOfWork) -> None:
        self._session = work.session
        self._tenant_id = work.tenant_id

    async def add(self, group_id: UUID, name: str) -> bool:
        """Insert a group; False when the name is taken."""
        values = {"tenant_id": self._tenant_id, "id": group_id, "name": name}
        statement = insert(GroupRow).values(values).on_conflict_do_nothing(index_elements=["tenant_id", "name"])
        return await self._session.scalar(statement.returning(col(GroupRow.id))) is not None

    async def named(self, name: str) -> CountedGroup | None:
        row = (await self._session.execute(select(GroupRow, _COUNT).where(col(GroupRow.name) == name))).one_or_none()
        return None if row is None else CountedGroup(*row)

    async def several(self, names: Collection[str]) -> Sequence[GroupRow]:
        """Return the groups that have one of these names."""
        return (await self._session.scalars(select(GroupRow).where(col(GroupRow.name).in_(names)))).all()

    async def page(self, *, after: str | None, limit: int) -> list[CountedGroup]:
        """Return groups by name."""
        statement = select(GroupRow, _COUNT).order_by(col(GroupRow.name)).limit(limit)
        if after is not None:
            statement = statement.where(col(GroupRow.name) > after)
        return [CountedGroup(*row) for row in await self._session.execute(statement)]

    async def remove(self, group_id: UUID) -> None:
        await self._session.execute(delete(GroupRow).where(col(GroupRow.id) == group_id))

    async def members(self, group_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Principal]:
        """Return who belongs to a group, those who became principals first in front."""
        statement = (
            select(Principal)
            .join(MemberRow, col(MemberRow.principal_id) == col(Principal.id))
            .where(col(MemberRow.group_id) == group_id)
            .order_by(col(Principal.id))
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(col(Principal.id) > after)
        return (await self._session.scalars(statement)).all()

    async def add_member(self, group_id: UUID, principal_id: UUID) -> bool:
        """Put a principal into a group; False when it belongs to it already."""
        values = {"tenant_id": self._tenant_id, "group_id": group_id, "principal_id": principal_id}
        statement = insert(MemberRow).values(values).on_conflict_do_nothing()
        return await self._session.scalar(statement.returning(col(MemberRow.group_id))) is not None

    async def remove_member(self, group_id: UUID, principal_id: UUID) -> bool:
        """Take a principal out of a group; False when it did not belong to it."""
        statement = delete(MemberRow).where(
            col(MemberRow.group_id) == group_id, col(MemberRow.principal_id) == principal_id
        )
        return await self._session.scalar(statement.returning(col(MemberRow.group_id))) is not None

    async def is_in_one(self, principal_id: UUID, group_ids: Collection[UUID]) -> bool:
        """Return whether a principal belongs to one of the groups."""
        statement = select(col(MemberRow.group_id)).where(
            col(MemberRow.principal_id) == principal_id, col(MemberRow.group_id).in_(group_ids)
        )
        return await self._session.scalar(statement.limit(1)) is not None
