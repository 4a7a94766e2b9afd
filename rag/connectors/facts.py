"""What the audit log says about sources; never where they are or what opens them, nor the name of a restricted one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import UnitOfWork
from rag.connectors.tables import SourceRunRow
from rag.readers.facts import ids_of
from rag.readers.repository import AccessList
from rag.tables import SourceRow

CREATED: Final = "source.created"
CHANGED: Final = "source.changed"
REMOVED: Final = "source.removed"
STARTED: Final = "source.sync_started"
SYNCED: Final = "source.synced"


async def append_created(work: UnitOfWork, row: SourceRow, readers: AccessList | None) -> None:
    facts = {
        "collection_id": str(row.collection_id),
        "name": row.name if readers is None else None,
        "kind": row.kind,
        "every_seconds": row.every_seconds,
        "remove_gone": row.remove_gone,
        "readers": ids_of(readers),
    }
    await append(work, AuditEvent(CREATED, str(row.id), facts))


async def append_changed(work: UnitOfWork, row: SourceRow, changed: Iterable[str], readers: AccessList | None) -> None:
    """Say which members of a source are others now, with those that are neither a place nor a secret."""
    facts = {
        "changed": sorted(changed),
        "name": row.name if readers is None else None,
        "every_seconds": row.every_seconds,
        "remove_gone": row.remove_gone,
        "paused": row.paused,
        "readers": ids_of(readers),
    }
    await append(work, AuditEvent(CHANGED, str(row.id), facts))


async def append_removed(work: UnitOfWork, row: SourceRow, documents: int) -> None:
    facts = {"name": None if row.restricted else row.name, "documents": documents}
    await append(work, AuditEvent(REMOVED, str(row.id), facts))


async def append_started(work: UnitOfWork, row: SourceRunRow) -> None:
    await append(work, AuditEvent(STARTED, str(row.id), {"source_id": str(row.source_id)}))


async def append_synced(work: UnitOfWork, row: SourceRunRow) -> None:
    facts = {
        "source_id": str(row.source_id),
        "added": row.added,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "removed": row.removed,
        "failed": row.failed,
    }
    await append(work, AuditEvent(SYNCED, str(row.id), facts))
