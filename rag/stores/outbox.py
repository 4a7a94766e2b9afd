"""Noting what a store has to hear of, in the transaction that changes what is searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.jobs.service import JobService
from rag.stores.port import VectorStore
from rag.stores.repository import StoreRepository

FEED: Final = "rag.feed_store"


class StoreOutbox:
    """Where changes of the index wait for a store that follows it; nothing is noted for PostgreSQL itself."""

    def __init__(self, jobs: JobService, store: VectorStore) -> None:
        self._jobs = jobs
        self._follows = store.follows

    async def note(
        self, work: UnitOfWork, version_ids: Sequence[UUID], *, stale_collection_id: UUID | None = None
    ) -> None:
        """Have the store hear of versions that came into the index or left it, once the transaction commits.

        Args:
            stale_collection_id: the collection of all these, where what the store has of them is of another index:
                until it has heard of each, PostgreSQL is searched in its stead.
        """
        if self._follows:
            await StoreRepository(work.session, work.tenant_id).note(version_ids, stale_collection_id)
            await self.deliver(work)

    async def deliver(self, work: UnitOfWork) -> UUID:
        """Have a job deliver what is noted; return its id. One that waits to begin will see this too."""
        return await self._jobs.enqueue_unless_waiting(work, kind=FEED, subject_id=work.tenant_id)
