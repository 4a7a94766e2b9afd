"""What the audit log says about re-indexings."""

from __future__ import annotations

from typing import Final

from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import UnitOfWork
from rag.reindexing.tables import ReindexingRow

STARTED: Final = "collection.reindexing_started"
SWITCHED: Final = "collection.reindexed"


async def append_started(work: UnitOfWork, row: ReindexingRow) -> None:
    facts = {
        "collection_id": str(row.collection_id),
        "embedder_digest": row.embedder_digest,
        "strategy_digest": row.strategy_digest,
    }
    await append(work, AuditEvent(STARTED, str(row.id), facts))


async def append_switched(work: UnitOfWork, row: ReindexingRow, documents: int) -> None:
    facts = {
        "collection_id": str(row.collection_id),
        "embedder_digest": row.embedder_digest,
        "documents": documents,
    }
    await append(work, AuditEvent(SWITCHED, str(row.id), facts))
