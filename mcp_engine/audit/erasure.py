"""Erasing content: the rows go, a tombstone and a leaf stay.

Only the database function `erase()` can delete from a table that its migration declared with
`ddl.erasable`; it deletes, leaves the tombstone and appends the entry in one step, so none of the
three can be had without the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.audit import repository
from mcp_engine.audit.events import AuditEvent, new_entry, tell_when_committed
from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Gone, NotFound
from mcp_engine.identifiers import new_id

KIND = "content.erased"


async def erase(work: UnitOfWork, content_table: str, key: Mapping[str, Any], reason: str) -> UUID:
    """Delete the tenant's rows of `content_table` whose columns equal `key`; return the tombstone's id.

    Args:
        content_table: a table declared with `ddl.erasable`.
        key: column names and values, as many as name the rows to erase; ids only, because the key
            stays in the tombstone.
        reason: for the record, and itself never erased.

    Raises:
        NotFound: `content.not_found` when no row has that key.
        Gone: `content.erased` when it was erased before.
    """
    tombstone_id = new_id()
    entry = new_entry(work, AuditEvent(KIND, str(tombstone_id), _facts(content_table, key, reason)))
    removed = await repository.erase(
        work.session, content_table=content_table, key=key, reason=reason, erasure_id=tombstone_id, entry=entry
    )
    if not removed:
        if await repository.tombstones_for(work, content_table, [key]):
            raise Gone("content.erased", "This content was erased before; its tombstone is in the audit log.")
        raise NotFound("content.not_found", f"{content_table} holds no content with the key {dict(key)}.")
    tell_when_committed(work, {KIND})
    return tombstone_id


class ErasureCheck:
    """Tombstones must stand as their leaves say."""

    kinds = frozenset({KIND})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == KIND
        rows = await repository.tombstones(work, [UUID(subject) for subject in subjects])
        return {str(row.id): _facts(row.content_table, row.key, row.reason) for row in rows}


def _facts(content_table: str, key: Mapping[str, Any], reason: str) -> dict[str, Any]:
    return {"content_table": content_table, "key_digest": digest(dict(key)), "reason_digest": digest(reason)}
