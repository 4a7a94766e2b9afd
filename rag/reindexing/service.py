"""Starting a re-indexing, and looking how far it is."""

from __future__ import annotations

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService
from rag.collections import find_collection
from rag.embedders.registry import Embedders
from rag.reindexing import facts
from rag.reindexing.job import REINDEX
from rag.reindexing.repository import ReindexingRepository, StoredReindexing
from rag.reindexing.schemas import Reindexing
from rag.reindexing.tables import ReindexingRow
from rag.strategies import Strategies
from rag.strategy import DEFAULT_NAME


class ReindexingService:
    """The rules of re-indexings: one of a collection at a time, as the strategy `default` says when it starts."""

    def __init__(self, database: Database, jobs: JobService, strategies: Strategies, embedders: Embedders) -> None:
        self._database = database
        self._jobs = jobs
        self._strategies = strategies
        self._embedders = embedders

    async def start(self, caller: Caller, namespace: str, collection: str) -> Reindexing:
        """Have a collection indexed anew beside its index; what an unfinished one has made before is dropped.

        Raises:
            NotFound: `collection.not_found`.
            Conflict: `reindexing.under_way`.
            Refused: `embedder.not_configured` for the embedder of the strategy.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            place = await find_collection(work, namespace, collection)
            resolved = await self._strategies.resolve_in(work, namespace, DEFAULT_NAME)
            embedder = await self._embedders.named(resolved.strategy.embedder)
            repository = ReindexingRepository(work.session, work.tenant_id)
            await repository.lock_collection(place.id)
            if await repository.is_under_way(place.id):
                raise Conflict(
                    "reindexing.under_way",
                    f"{collection} is being indexed anew already; wait for that job, or cancel it first.",
                )
            await repository.drop_staged(place.id)
            row = ReindexingRow(
                tenant_id=work.tenant_id, id=new_id(), collection_id=place.id, job_id=new_id(),
                embedder=embedder.name, embedder_digest=embedder.digest, dimensions=embedder.dimensions,
                chunking=resolved.strategy.chunking.model_dump(mode="json"), strategy_digest=resolved.version.digest,
            )  # fmt: skip
            row.job_id = await self._jobs.enqueue(work, kind=REINDEX, subject_id=row.id, namespace=namespace)
            await repository.add(row)
            await facts.append_started(work, row)
            stored = await repository.get(row.id)
            assert stored is not None
            return _view(stored)

    async def list(
        self, caller: Caller, namespace: str, collection: str, cursor: str | None, limit: int
    ) -> Page[Reindexing]:
        """Return the re-indexings of a collection, newest first.

        Raises:
            NotFound: `collection.not_found`.
        """
        before = decode_id_cursor(cursor)
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            place = await find_collection(work, namespace, collection)
            rows = await ReindexingRepository(work.session, work.tenant_id).page(place.id, before, limit + 1)
        return page_of([_view(row) for row in rows], limit, lambda one: (str(one.id),))


def _view(stored: StoredReindexing) -> Reindexing:
    row, job = stored.row, stored.job
    return Reindexing(
        id=row.id, collection=stored.collection, namespace=stored.namespace, job_id=row.job_id, state=job.state,
        progress_done=job.progress_done, progress_total=job.progress_total, error_message=job.error_message,
        embedder=row.embedder, embedder_digest=row.embedder_digest, dimensions=row.dimensions, chunking=row.chunking,
        strategy_digest=row.strategy_digest, documents=row.documents, switched_at=row.switched_at,
        created_at=row.created_at,
    )  # fmt: skip
