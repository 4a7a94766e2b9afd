"""The durable job that tells a store what it has not heard of yet."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from mcp_engine.errors import InvalidInput
from mcp_engine.jobs.context import JobContext
from rag.stores.outbox import FEED
from rag.stores.port import StoredChunk, VectorStore
from rag.stores.repository import Entry, RecordedChunks, StoreRepository

VERSIONS_AT_A_TIME = 50
CHUNKS_AT_A_TIME = 200
"""What is read from PostgreSQL, and in memory, before the store has taken it: a slow store slows the reading."""
_log = structlog.get_logger(__name__)


class FeedStoreJob:
    """Delivers a tenant's outbox in the order of its changes; what is delivered is the index as it stands then.

    What the store has of a version is removed first, whatever it was cut into before. An entry ends when the store
    has acknowledged it and its version has not changed meanwhile, so everything is delivered at least once, and what
    comes last is what stands in PostgreSQL. While the store does not answer, the entries stay and the job is
    repeated, at the latest every five minutes, for days. Chunks that the store refuses leave their entry behind, and
    fail the job when all others are delivered.
    """

    name = FEED
    max_attempts = 1000

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    async def run(self, context: JobContext) -> None:
        """Raises what `VectorStore.put` raises."""
        if not self._store.follows:
            return
        refusals: list[InvalidInput] = []
        after, done = 0, 0
        while entries := await self._next(context, after):
            heard = await self._deliver(context, entries, refusals)
            async with context.unit_of_work() as work:
                await StoreRepository(work.session, work.tenant_id).heard(heard)
            after, done = entries[-1].number, done + len(heard)
            await context.progress(done, done, "telling the vector store")
        if refusals:
            raise refusals[0]

    async def _next(self, context: JobContext, after: int) -> list[Entry]:
        async with context.unit_of_work() as work:
            return await StoreRepository(work.session, work.tenant_id).next(after, VERSIONS_AT_A_TIME)

    async def _deliver(
        self, context: JobContext, entries: Sequence[Entry], refusals: list[InvalidInput]
    ) -> list[Entry]:
        """Deliver entries and return those that the store took; add why it did not take the others."""
        await self._store.drop(context.tenant_id, [entry.version_id for entry in entries])
        taken: list[Entry] = []
        for entry in entries:
            try:
                await self._put(context, entry.version_id)
                taken.append(entry)
            except InvalidInput as error:
                _log.warning("store_refused_chunks", version_id=str(entry.version_id), code=error.code)
                refusals.append(error)
        return taken

    async def _put(self, context: JobContext, version_id: UUID) -> None:
        """Put the chunks of a version, some at a time; one that is not searched has none."""
        async with context.unit_of_work() as work:
            terms = await StoreRepository(work.session, work.tenant_id).terms(version_id)
        after = -1
        while (recorded := await self._recorded(context, version_id, after)) is not None:
            chunks = [
                StoredChunk(version_id, ordinal, vector, terms.get(ordinal, ()))
                for ordinal, vector in zip(recorded.ordinals, recorded.vectors, strict=True)
            ]
            await self._store.put(context.tenant_id, recorded.collection_id, chunks)
            after = recorded.ordinals[-1]

    async def _recorded(self, context: JobContext, version_id: UUID, after: int) -> RecordedChunks | None:
        async with context.unit_of_work() as work:
            repository = StoreRepository(work.session, work.tenant_id)
            return await repository.chunks(version_id, after, CHUNKS_AT_A_TIME)
