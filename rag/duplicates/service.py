"""Duplicates as callers see them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.http.paging import Page, decode_id_cursor, encode_cursor
from rag.collections import find_collection
from rag.duplicates.grouping import nearest
from rag.duplicates.repository import DuplicateRepository, Member
from rag.duplicates.schemas import DuplicateDocument, DuplicateGroup

SHOWN_MEMBERS = 20
"""How many documents of one group a list shows."""


class DuplicateService:
    """Shows which searched documents of a collection repeat each other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def groups(
        self, caller: Caller, namespace: str, collection: str, cursor: str | None, limit: int
    ) -> Page[DuplicateGroup]:
        """Return groups of duplicates, newest first.

        Raises:
            NotFound: `collection.not_found`.
            InvalidInput: `paging.bad_cursor`.
        """
        before = decode_id_cursor(cursor)
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            place = await find_collection(work, namespace, collection)
            repository = DuplicateRepository(work.session, work.tenant_id)
            rows = await repository.groups(place.id, before, limit + 1)
            ids = [row.id for row in rows[:limit]]
            members = await repository.members(ids, SHOWN_MEMBERS)
            counts = {row.id: row.documents for row in rows}
            if place.restricted:
                counts = await repository.readable(ids)
        shown = await asyncio.to_thread(_shown, ids, counts, members)
        return Page(items=shown, next_cursor=encode_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None)


def _shown(ids: Sequence[UUID], counts: Mapping[UUID, int], members: Sequence[Member]) -> list[DuplicateGroup]:
    by_group: dict[UUID, list[Member]] = {}
    for member in members:
        by_group.setdefault(member.group_id, []).append(member)
    # A group that somebody dissolves just now may have lost its members already; of others the reader may see one.
    return [
        DuplicateGroup(id=id_, documents=counts[id_], members=_documents(by_group[id_]))
        for id_ in ids
        if len(by_group.get(id_, ())) > 1 and id_ in counts
    ]


def _documents(members: Sequence[Member]) -> list[DuplicateDocument]:
    prints = [member.print for member in members]
    found = [nearest(prints, position) for position in range(len(members))]
    return [
        DuplicateDocument(
            document_id=member.document_id, document=member.document, version_id=member.version_id,
            number=member.number, likeness=to.likeness, similarity=round(to.similarity, 4),
            nearest_id=members[to.position].document_id,
        )
        for member, to in zip(members, found, strict=True)
    ]  # fmt: skip
