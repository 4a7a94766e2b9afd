"""Removing all sources of a collection."""

from __future__ import annotations

from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from rag.connectors import facts
from rag.connectors.repository import SourceRepository


async def remove_sources(work: UnitOfWork, collection_id: UUID) -> None:
    """Remove the sources of a collection, so that none brings back what is taken out of search."""
    repository = SourceRepository(work.session, work.tenant_id)
    for row in await repository.lock_all(collection_id):
        await repository.remove(row.id)
        await facts.append_removed(work, row, 0)
