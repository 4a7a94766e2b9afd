"""How far the vector store is behind, and bringing everything over to it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from mcp_engine.access import ENGINE, Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict
from mcp_engine.jobs.service import JobService
from rag.stores.outbox import StoreOutbox
from rag.stores.port import VectorStore
from rag.stores.repository import StoreRepository
from rag.stores.schemas import Reindexing, StoreStatus

REINDEXED = "store.reindexed"


class StoreService:
    """The tenant's part of the store."""

    def __init__(self, database: Database, jobs: JobService, store: VectorStore) -> None:
        self._database = database
        self._store = store
        self._outbox = StoreOutbox(jobs, store)

    async def status(self, caller: Caller) -> StoreStatus:
        """Return what waits to be delivered; the store itself is not asked."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = StoreRepository(work.session, work.tenant_id)
            waiting, stale = await repository.waiting(), await repository.stale_collections()
        return StoreStatus(
            name=self._store.name, follows=self._store.follows, waiting=waiting.versions, waiting_since=waiting.since,
            stale_collections=stale,
        )  # fmt: skip

    async def reindex(self, caller: Caller, *, empty_first: bool = False) -> Reindexing:
        """Have every searched version delivered again; repeating it changes nothing that is there already.

        Until a collection is delivered whole, PostgreSQL is searched in the store's stead.

        Args:
            empty_first: also removes what the record does not know (after a backup was restored, or when the engine
                ran without the store for a while).

        Raises:
            Conflict: `store.none` when PostgreSQL is the store.
            TryLater: `store.unavailable`, with `empty_first`.
            Refused: `store.key_refused`, `store.failed`, with `empty_first`.
        """
        if not self._store.follows:
            raise Conflict(
                "store.none",
                "PostgreSQL is the vector store, and there is nothing to bring over; "
                "set MCP_ENGINE_VECTOR_STORE to another one first.",
            )
        if empty_first:
            # Before it is emptied, so that nobody searches it then; and again below, for what is delivered meanwhile.
            async with self._work(caller) as work:
                await StoreRepository(work.session, work.tenant_id).note_all()
            await self._store.drop_tenant(caller.tenant_id)
        async with self._work(caller) as work:
            versions = await StoreRepository(work.session, work.tenant_id).note_all()
            job_id = await self._outbox.deliver(work)
            facts = {"store": self._store.name, "versions": versions, "emptied": empty_first}
            await append(work, AuditEvent(REINDEXED, str(job_id), facts))
        return Reindexing(versions=versions, job_id=job_id)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction with the engine's eyes: the store serves every reader, and each search says whose."""
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id, reader_id=ENGINE)
