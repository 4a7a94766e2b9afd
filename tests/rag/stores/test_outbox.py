"""What a store hears of: everything that changes what is searched, in the end, whatever happens on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import cast
from uuid import UUID

import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, TryLater
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.schemas import JobFilters
from mcp_engine.jobs.service import JobService
from rag.parsing.pool import ParserPool
from rag.service import DocumentService
from rag.stores.job import FeedStoreJob
from rag.stores.outbox import FEED, StoreOutbox
from rag.stores.port import StoredChunk
from rag.stores.postgresql import POSTGRESQL
from rag.stores.repository import StoreRepository
from rag.stores.service import StoreService
from rag.stores.weaviate.store import WeaviateStore
from tests.conftest import make_tenant
from tests.rag.conftest import Attempt, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.stores.conftest import held, options_of
from tests.rag.stores.feeding import Feeding
from tests.rag.stores.recorded import Collected, Piece, unit
from tests.rag.stores.weaviate_stand_in.server import StandIn


@pytest_asyncio.fixture(loop_scope="session")
async def feeding(workspace: Workspace, parsers: ParserPool, weaviate: WeaviateStore) -> Feeding:
    return Feeding(workspace, parsers, weaviate)


async def test_a_document_is_found_once_the_store_has_heard_of_it(
    feeding: Feeding, caller: Caller, server: StandIn
) -> None:
    await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    await feeding.add(caller, "bakery.md", BAKERY)
    assert await feeding.waiting(caller) == 2
    assert (await feeding.service.status(caller)).waiting_since is not None
    assert await feeding.found(caller, "Who built the lighthouse?") == []
    assert await feeding.queued(caller) == 1
    await feeding.feed(caller)
    assert await feeding.waiting(caller) == 0
    assert (await feeding.found(caller, "Who built the lighthouse of Karsund?"))[0] == "lighthouse.md"
    for query in ("Who built the lighthouse of Karsund?", "How long does the dough rest?"):
        assert await feeding.found(caller, query) == await found_by_postgresql(feeding, caller, query)


async def found_by_postgresql(feeding: Feeding, caller: Caller, query: str) -> Sequence[str]:
    service = DocumentService(
        feeding.database, feeding.jobs, feeding.workspace.searching, max_upload_bytes=1, store=POSTGRESQL
    )
    passages = await service.search(caller, "default", "docs", query, 3)
    return list(dict.fromkeys(passage.version.document for passage in passages))


async def test_a_new_version_takes_the_place_of_the_one_before(
    feeding: Feeding, caller: Caller, server: StandIn
) -> None:
    await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    await feeding.feed(caller)
    before = {thing.properties["version_id"] for thing in held(server, caller)}
    await feeding.add(caller, "lighthouse.md", BAKERY)
    await feeding.feed(caller)
    after = {thing.properties["version_id"] for thing in held(server, caller)}
    assert len(before) == len(after) == 1
    assert before.isdisjoint(after)


async def test_what_is_removed_or_erased_leaves_the_store(feeding: Feeding, caller: Caller, server: StandIn) -> None:
    removed = await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    erased = await feeding.add(caller, "bakery.md", BAKERY)
    await feeding.feed(caller)
    assert held(server, caller)
    await feeding.documents.remove(caller, removed)
    await feeding.documents.erase(caller, erased, "asked to")
    assert await feeding.waiting(caller) == 2
    await feeding.feed(caller)
    assert held(server, caller) == []
    await feeding.add(caller, "other.md", LIGHTHOUSE)
    await feeding.feed(caller)
    await feeding.documents.remove_collection(caller, "default", "docs")
    await feeding.feed(caller)
    assert held(server, caller) == []


async def test_what_came_and_went_before_the_store_heard_of_it_is_never_there(
    feeding: Feeding, caller: Caller, server: StandIn
) -> None:
    document = await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    await feeding.documents.remove(caller, document)
    assert await feeding.waiting(caller) == 1
    await feeding.feed(caller)
    assert (await feeding.waiting(caller), held(server, caller)) == (0, [])


async def test_while_the_store_is_down_everything_waits_and_is_delivered_later(
    workspace: Workspace, parsers: ParserPool, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.stores.weaviate.connection._REST_SECONDS", 0.0)
    server = StandIn()
    server.start()
    server.stop()
    feeding = Feeding(workspace, parsers, WeaviateStore(options_of(server)))
    document = await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    await feeding.add(caller, "bakery.md", BAKERY)
    with pytest.raises(TryLater) as caught:
        await feeding.feed(caller)
    assert caught.value.code == "store.unavailable"
    with pytest.raises(TryLater):
        await feeding.found(caller, "lighthouse")
    await feeding.documents.remove(caller, document)
    assert await feeding.waiting(caller) == 2
    server.start()
    await feeding.feed(caller)
    assert await feeding.waiting(caller) == 0
    assert await feeding.found(caller, "How long does the dough rest?") == ["bakery.md"]
    await feeding.store.close()
    server.stop()


async def test_a_refused_version_holds_up_no_other(
    feeding: Feeding, database: Database, caller: Caller, server: StandIn
) -> None:
    docs = await Collected.make(database, feeding.store, caller)
    long = await docs.add([Piece(unit(1, n), "mast") for n in range(3)], told=False)
    short = await docs.add([Piece(unit(1), "mast")], told=False)
    await feeding.service.reindex(caller)
    server.faults.refused_ordinals = frozenset({2})
    with pytest.raises(InvalidInput) as caught:
        await feeding.feed(caller)
    assert caught.value.code == "store.chunks_refused"
    assert str(long) in caught.value.message
    assert await feeding.waiting(caller) == 1
    assert short in {thing.properties["version_id"] for thing in held(server, caller)}
    server.heal()
    await feeding.feed(caller)
    assert await feeding.waiting(caller) == 0
    assert len(held(server, caller)) == 4


async def test_what_is_brought_over_is_found_in_postgresql_until_all_of_it_is_there(
    feeding: Feeding, caller: Caller, server: StandIn
) -> None:
    await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    await feeding.add(caller, "bakery.md", BAKERY)
    question = "How long does the dough rest?"
    await feeding.service.reindex(caller)
    assert (await feeding.service.status(caller)).stale_collections == 1
    assert (await feeding.found(caller, question))[0] == "bakery.md"
    await feeding.feed(caller)
    assert (await feeding.service.status(caller)).stale_collections == 0
    await feeding.service.reindex(caller, empty_first=True)
    assert held(server, caller) == []
    before = len(server.faults.calls)
    assert (await feeding.found(caller, question))[0] == "bakery.md"
    assert server.faults.calls[before:] == []
    server.faults.refused_ordinals = frozenset({0})
    with pytest.raises(InvalidInput):
        await feeding.feed(caller)
    assert (await feeding.found(caller, question))[0] == "bakery.md"
    server.heal()
    await feeding.feed(caller)
    assert (await feeding.found(caller, question))[0] == "bakery.md"
    assert server.faults.calls[-1] == "Search"


class Meddling(WeaviateStore):
    """Somebody removes the version while the store takes it."""

    docs: Collected
    outbox: StoreOutbox

    async def put(self, tenant_id: UUID, collection_id: UUID, chunks: Sequence[StoredChunk]) -> None:
        await super().put(tenant_id, collection_id, chunks)
        await self.docs.remove(chunks[0].version_id, told=False)
        async with self.docs.database.unit_of_work(tenant_id, self.docs.caller.principal_id) as work:
            await self.outbox.note(work, [chunks[0].version_id])


async def test_a_change_during_the_delivery_is_delivered_too(
    feeding: Feeding, database: Database, caller: Caller, server: StandIn
) -> None:
    store = Meddling(feeding.store._options)
    store.docs, store.outbox = await Collected.make(database, store, caller), StoreOutbox(feeding.jobs, store)
    added = await store.docs.add([Piece(unit(1), "mast")], told=False)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await StoreRepository(work.session, work.tenant_id).note([added])
    await feeding.run(caller, FeedStoreJob(store))
    assert (await feeding.waiting(caller), held(server, caller)) == (0, [])
    await store.close()


async def test_nothing_is_noted_when_postgresql_is_the_store(workspace: Workspace, caller: Caller) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.documents.remove(caller, added.document.id)
    jobs = JobService(workspace.database)
    status = await StoreService(workspace.database, jobs, POSTGRESQL).status(caller)
    assert (status.name, status.follows, status.waiting, status.waiting_since) == ("postgresql", False, 0, None)
    assert (await jobs.list(caller, JobFilters(kind=FEED))).items == []
    context = Attempt(workspace.database, caller.tenant_id, caller.principal_id, caller.tenant_id)
    await FeedStoreJob(POSTGRESQL).run(cast("JobContext", context))


async def test_an_outbox_is_its_tenants_own(feeding: Feeding, database: Database, caller: Caller) -> None:
    await feeding.add(caller, "lighthouse.md", LIGHTHOUSE)
    stranger = await make_tenant(database)
    assert await feeding.waiting(stranger) == 0
    await feeding.feed(stranger)
    assert await feeding.waiting(caller) == 1


async def test_long_versions_are_delivered_in_parts(
    feeding: Feeding, database: Database, caller: Caller, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.stores.job.CHUNKS_AT_A_TIME", 7)
    monkeypatch.setattr("rag.stores.job.VERSIONS_AT_A_TIME", 2)
    docs = await Collected.make(database, feeding.store, caller)
    for _ in range(3):
        await docs.add([Piece(unit(1, n), f"mast {n}") for n in range(20)], told=False)
    await feeding.service.reindex(caller)
    await feeding.feed(caller)
    assert await feeding.waiting(caller) == 0
    assert len(held(server, caller)) == 60
    words = {frozenset(thing.properties["terms"].split()) for thing in held(server, caller)}
    assert words == {frozenset(("mast", str(n))) for n in range(20)}


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def healed(server: StandIn) -> AsyncIterator[None]:
    yield
    server.heal()
