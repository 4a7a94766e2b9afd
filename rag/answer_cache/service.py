"""Keeping answers and giving them again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.executions.service import ExecutionService
from mcp_engine.telemetry import metrics
from mcp_engine.telemetry.tracing import span, tracer
from rag.answer_cache import facts
from rag.answer_cache.key import CacheQuestion, IndexState
from rag.answer_cache.options import AnswerCacheOptions
from rag.answer_cache.repository import AnswerCacheRepository, Kept
from rag.answer_cache.schemas import AnswerCache, AnswerCacheCleared
from rag.collections import find_collection
from rag.repository import DocumentRepository
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.stores.repository import StoreRepository
from rag.tables import CollectionRow

CACHE: Final = "answers"
"""The cache's name in the metrics."""
_tracer = tracer(__name__)


@dataclass(frozen=True, slots=True)
class Hit:
    """An answer to give again; `record` belongs into the transaction that starts the execution which gives it."""

    kept: Kept
    key_digest: str

    async def record(self, work: UnitOfWork, execution_id: UUID) -> None:
        await AnswerCacheRepository(work.session, work.tenant_id).count_hit(self.key_digest)
        await append(work, facts.given_again(execution_id, self.kept.execution_id))


class AnswerCacheService:
    """Answers by everything that they depend on; who may not read a document gets no answer that shows it."""

    def __init__(
        self,
        database: Database,
        executions: ExecutionService,
        options: AnswerCacheOptions,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._database = database
        self._options = options
        self._store = store
        executions.on_erasure(_forget)

    async def find(self, caller: Caller, question: CacheQuestion) -> Hit | None:
        """Return the answer to a question as it stands now; None when it has to be asked.

        It is read in one moment with the state of the collection, and each passage and citation is compared with the
        stored text: one that is not there word for word is no answer any more.

        Raises:
            NotFound: `collection.not_found`.
        """
        if not self._options.answer_cache_entries:
            return None
        with span(_tracer, "answer_cache"):
            async with self._work(caller, snapshot=True) as work:
                place = await find_collection(work, question.namespace, question.collection)
                key = question.key(await self.state(work, place))
                repository = AnswerCacheRepository(work.session, work.tenant_id)
                kept = await repository.find(key, self._options.answer_cache_seconds)
                if kept is not None and not await _stands(work, kept.output):
                    kept = None
        metrics.CACHE_LOOKUPS.labels(CACHE, "miss" if kept is None else "hit").inc()
        return None if kept is None else Hit(kept, key)

    async def state(self, work: UnitOfWork, place: CollectionRow) -> IndexState:
        """Return what of a collection shapes answers, as the transaction of `work` sees it."""
        readable = None
        if place.restricted:
            readable = await AnswerCacheRepository(work.session, work.tenant_id).readable(place.id)
        waiting = await StoreRepository(work.session, work.tenant_id).waiting() if self._store.follows else None
        is_settled = waiting is None or not waiting.versions
        return IndexState(
            place.id, place.index_revision, place.metadata_revision, place.embedder_digest, readable, is_settled
        )

    async def keep(self, caller: Caller, question: CacheQuestion, state: IndexState, execution_id: UUID) -> None:
        """Keep the answer of an execution that has ended.

        Args:
            state: of the collection in the moment that was searched.
        """
        if not self._options.answer_cache_entries or not state.is_settled:
            return
        async with self._work(caller) as work:
            repository = AnswerCacheRepository(work.session, work.tenant_id)
            await repository.keep(question.key(state), state.collection_id, execution_id)
            await repository.make_room(self._options.answer_cache_entries, self._options.answer_cache_seconds)

    async def show(self, caller: Caller, namespace: str, collection: str) -> AnswerCache:
        """Return how many answers of a collection are kept, and how often they were given again.

        Raises:
            NotFound: `collection.not_found`.
        """
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = AnswerCacheRepository(work.session, work.tenant_id)
            found = await repository.figures(place.id, self._options.answer_cache_seconds)
        given = found.entries + found.hits
        return AnswerCache(
            entries=found.entries, hits=found.hits, hit_rate=round(found.hits / given, 4) if given else None,
            oldest=found.oldest, most_entries=self._options.answer_cache_entries,
            seconds=self._options.answer_cache_seconds,
        )  # fmt: skip

    async def clear(self, caller: Caller, namespace: str, collection: str) -> AnswerCacheCleared:
        """Drop the answers of a collection, so that each question is asked anew.

        Raises:
            NotFound: `collection.not_found`.
        """
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            dropped = await AnswerCacheRepository(work.session, work.tenant_id).drop_collection(place.id)
            await append(work, facts.cleared(place.id, dropped))
        return AnswerCacheCleared(entries=dropped)

    def _work(self, caller: Caller, *, snapshot: bool = False) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id, snapshot=snapshot)


async def _forget(work: UnitOfWork, execution_id: UUID, _reason: str) -> None:
    """Drop the answer whose content is erased."""
    await AnswerCacheRepository(work.session, work.tenant_id).drop_execution(execution_id)


async def _stands(work: UnitOfWork, output: Mapping[str, Any]) -> bool:
    """Return whether the stored texts still say what an answer shows of them."""
    shown = [(one, one["text"]) for one in output["passages"]]
    shown += [(one, one["cited_text"]) for one in output["citations"]]
    places = [(UUID(one["version"]["version_id"]), one["start"], one["end"]) for one, _ in shown]
    stored = await DocumentRepository(work.session, work.tenant_id).slices(places)
    return stored == [said for _, said in shown]
