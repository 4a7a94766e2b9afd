"""The durable job that reads a source."""

from __future__ import annotations

from typing import Final

from mcp_engine.errors import InvalidInput
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from mcp_engine.models.credentials import CredentialSeal
from rag.connectors import facts
from rag.connectors.reading import Reading, Task, removed
from rag.connectors.registry import Connectors, settings_of
from rag.connectors.repository import SourceRepository
from rag.stores.outbox import StoreOutbox
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL

SYNC: Final = "rag.sync"


class SyncJob:
    """Reads all of a source, item by item: each is kept, with what it counts for, in a transaction of its own.

    A repeat lists the source again and goes on with what this run has not dealt with. An item that can't be read is
    noted with its reason and stops nothing; a source that can't be listed fails the job, and takes nothing away.

    Args:
        max_bytes: the largest document taken in.
    """

    name = SYNC
    max_attempts = 4

    def __init__(
        self,
        connectors: Connectors,
        seal: CredentialSeal,
        jobs: JobService,
        *,
        max_bytes: int,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._connectors = connectors
        self._seal = seal
        self._jobs = jobs
        self._max_bytes = max_bytes
        self._outbox = StoreOutbox(jobs, store)

    async def run(self, context: JobContext) -> None:
        """Raises what the connector raises for the whole source, and `Gone` (`source.removed`)."""
        task = await self._task(context)
        if task is None:
            return
        kind = self._connectors.named(task.source.kind)
        sealed, credential = task.source.sealed_credential, None
        if sealed is not None:
            credential = self._seal.open(context.tenant_id, task.source.id, sealed)
        async with kind.open(settings_of(kind, task.source.settings), credential) as connector:
            # Before the listing: what changes in between is seen by the next look.
            state = await connector.state() if task.source.every_seconds is not None else None
            await Reading(context, task, connector, self._jobs, self._outbox, self._max_bytes).run()
        await self._end(context, task, state)

    async def _task(self, context: JobContext) -> Task | None:
        """Return what is to be read; None when an earlier attempt has come to its end."""
        async with context.unit_of_work() as work:
            repository = SourceRepository(work.session, work.tenant_id)
            stored = await repository.run(context.subject_id)
            if stored is None:
                raise InvalidInput("source.run_not_found", f"There is no run {context.subject_id} of a source.")
            if stored.row.ended_at is not None:
                return None
            source = await repository.lock(stored.row.source_id, share=True)
            if source is None:
                raise removed()
            return Task(stored.row.id, source, await repository.collection(source.collection_id))

    async def _end(self, context: JobContext, task: Task, state: str | None) -> None:
        async with context.unit_of_work() as work:
            repository = SourceRepository(work.session, work.tenant_id)
            if await repository.lock(task.source.id) is None:
                raise removed()
            await repository.end_run(task.run_id)
            stored = await repository.run(task.run_id)
            assert stored is not None
            await repository.set_state(task.source.id, state)
            await facts.append_synced(work, stored.row)
