"""Queries on access lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col

from mcp_engine.identifiers import new_id
from mcp_engine.identity.groups.tables import GroupRow
from mcp_engine.identity.tables import Principal
from rag.readers.tables import ReaderRow
from rag.tables import CollectionRow, DocumentRow


@dataclass(frozen=True, slots=True)
class Listed:
    """A principal or a group on a list."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class AccessList:
    """Who alone may read a document, both by name."""

    principals: Sequence[Listed]
    groups: Sequence[Listed]

    @property
    def ids(self) -> frozenset[UUID]:
        return frozenset(one.id for one in (*self.principals, *self.groups))


async def listed(
    session: AsyncSession,
    of: Collection[UUID],
    owner_id: Mapped[UUID],
    principal_id: Mapped[UUID | None],
    group_id: Mapped[UUID | None],
) -> dict[UUID, AccessList]:
    """Return the lists of these owners, in one query.

    Args:
        owner_id: the column that says whose a row is, as `principal_id` and `group_id` say whom it names.
    """
    name = func.coalesce(col(Principal.name), col(GroupRow.name))
    query = (
        select(owner_id, principal_id, group_id, name)
        .outerjoin(Principal, col(Principal.id) == principal_id)
        .outerjoin(GroupRow, col(GroupRow.id) == group_id)
        .where(owner_id.in_(of))
        .order_by(name)
    )
    principals, groups = defaultdict[UUID, list[Listed]](list), defaultdict[UUID, list[Listed]](list)
    for owner, principal, group, called in await session.execute(query):
        if principal is not None:
            principals[owner].append(Listed(principal, called))
        elif group is not None:
            groups[owner].append(Listed(group, called))
    return {owner: AccessList(principals[owner], groups[owner]) for owner in of}


def rows_of(wanted: AccessList, key: Mapping[str, UUID]) -> list[dict[str, UUID | None]]:
    """Return a list's rows; `key` says whose they are."""
    rows = [{**key, "id": new_id(), "principal_id": one.id, "group_id": None} for one in wanted.principals]
    return rows + [{**key, "id": new_id(), "principal_id": None, "group_id": one.id} for one in wanted.groups]


class ReaderRepository:
    """Reads and writes access lists in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def of_document(self, document_id: UUID) -> AccessList:
        """Return the list of a document that the reader was found to see: the rows themselves are shown to all."""
        columns = col(ReaderRow.document_id), col(ReaderRow.principal_id), col(ReaderRow.group_id)
        return (await listed(self._session, [document_id], *columns))[document_id]

    async def replace(self, document_id: UUID, wanted: AccessList) -> None:
        """Make a document's list this one, and the document a restricted one."""
        await self._clear(document_id)
        key = {"tenant_id": self._tenant_id, "document_id": document_id}
        await self._session.execute(insert(ReaderRow), rows_of(wanted, key))
        # After the list: who writes must see the document that results.
        await self._restrict(document_id, restricted=True)

    async def open(self, document_id: UUID) -> None:
        """Let everyone read a document."""
        await self._restrict(document_id, restricted=False)
        await self._clear(document_id)

    async def principals(self, words: Collection[str], ids: Collection[UUID]) -> list[Listed]:
        """Return the principals that have one of these names or ids, by name."""
        named = col(Principal.name).in_(words) | col(Principal.id).in_(ids)
        query = select(col(Principal.id), col(Principal.name)).where(named).order_by(col(Principal.name))
        return [Listed(*row) for row in await self._session.execute(query)]

    async def may_read_nothing(self, collection_id: UUID) -> bool:
        """Return whether a collection is searched, and the reader sees none of its documents."""
        seen = select(literal(1)).where(
            col(DocumentRow.collection_id) == collection_id,
            col(DocumentRow.latest_number) > col(DocumentRow.removed_through),
        )
        query = select(func.count()).where(
            col(CollectionRow.id) == collection_id, col(CollectionRow.chunks) > 0, ~seen.exists()
        )
        return bool(await self._session.scalar(query))

    async def _restrict(self, document_id: UUID, *, restricted: bool) -> None:
        of_document = update(DocumentRow).where(
            col(DocumentRow.id) == document_id, col(DocumentRow.restricted) != restricted
        )
        await self._session.execute(of_document.values(restricted=restricted))

    async def _clear(self, document_id: UUID) -> None:
        await self._session.execute(delete(ReaderRow).where(col(ReaderRow.document_id) == document_id))
