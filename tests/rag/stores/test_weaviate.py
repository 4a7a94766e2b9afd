"""The real Weaviate client against the stand-in: the suite that every store passes, and what can go wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, Refused, TryLater
from mcp_engine.identifiers import new_id
from rag.stores.port import VectorStore
from rag.stores.weaviate.schema import tenant_name
from rag.stores.weaviate.store import WeaviateStore
from tests.conftest import make_tenant
from tests.rag.stores.conformance import StoreConformance
from tests.rag.stores.conftest import held, options_of
from tests.rag.stores.recorded import Collected, Piece, places, unit
from tests.rag.stores.weaviate_stand_in.server import KEY, StandIn

pytestmark = pytest.mark.slow


class TestWeaviate(StoreConformance):
    @pytest.fixture
    def store(self, weaviate: WeaviateStore) -> VectorStore:
        return weaviate


@pytest_asyncio.fixture(loop_scope="session")
async def docs(database: Database, weaviate: WeaviateStore, caller: Caller) -> Collected:
    return await Collected.make(database, weaviate, caller)


@pytest_asyncio.fixture(loop_scope="session")
async def mortal() -> AsyncIterator[StandIn]:
    """A server that a test may stop."""
    server = StandIn()
    server.start()
    yield server
    server.stop()


async def test_a_question_is_one_hybrid_call_and_the_server_gets_no_text(docs: Collected, server: StandIn) -> None:
    await docs.add([Piece(unit(1), "The keeper's lamps were burning.")])
    [thing] = held(server, docs.caller)
    assert set(thing.properties) == {"collection_id", "version_id", "ordinal", "terms"}
    assert thing.properties["terms"] == "keeper lamp burn"
    before = len(server.faults.calls)
    await docs.find(unit(1), "lamps")
    assert server.faults.calls[before:] == ["Search"]


async def test_what_a_wrong_server_says_shows_nobody_what_is_not_theirs(
    docs: Collected, database: Database, server: StandIn
) -> None:
    secret = await docs.add([Piece(unit(1), "secret anchor")])
    theirs = await Collected.make(database, docs.store, await make_tenant(database))
    version = await theirs.add([Piece(unit(0, 1), "anchor")])
    [stolen] = held(server, docs.caller)
    [own] = held(server, theirs.caller)
    for collection in server.state.collections.values():
        if tenant_name(theirs.caller.tenant_id) in collection.shards:
            shard = collection.shards[tenant_name(theirs.caller.tenant_id)]
    stolen.properties["collection_id"] = own.properties["collection_id"]
    shard[stolen.id] = stolen
    assert places(await theirs.find(unit(1), "anchor")) == {(version, 0)}
    assert places(await theirs.find(unit(1), "anchor", among={secret})) == set()


async def test_what_is_refused_once_is_taken_the_second_time(docs: Collected, server: StandIn) -> None:
    server.faults.refused_ordinals, server.faults.refusals_left = frozenset({3, 5}), 2
    version = await docs.add([Piece(unit(1, n)) for n in range(8)])
    assert places(await docs.find(unit(1), limit=8)) == {(version, n) for n in range(8)}
    assert server.faults.calls.count("BatchObjects") >= 2


async def test_what_stays_refused_is_named_and_the_others_are_taken(
    docs: Collected, server: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.refused_ordinals = frozenset({3, 105})
    version = await docs.add([Piece(unit(1, n), "confidential") for n in range(110)], told=False)
    pieces = [Piece(unit(1, n), "confidential") for n in range(110)]
    with pytest.raises(InvalidInput) as caught:
        await docs.tell(version, pieces)
    assert caught.value.code == "store.chunks_refused"
    assert f"refused 1 of 100 chunks, first chunk 3 of version {version}" in caught.value.message
    assert "read-only" in caught.value.message
    assert caught.value.details["refused"][0]["ordinal"] == 3
    assert len(held(server, docs.caller)) == 99
    assert "confidenti" not in caplog.text


async def test_all_of_a_batch_may_be_refused(docs: Collected, server: StandIn) -> None:
    server.faults.refused_ordinals = frozenset(range(4))
    with pytest.raises(InvalidInput, match="refused 4 of 4 chunks"):
        await docs.add([Piece(unit(1, n)) for n in range(4)])


async def test_a_removal_goes_on_until_nothing_is_left(docs: Collected, server: StandIn) -> None:
    version = await docs.add([Piece(unit(1, n)) for n in range(25)])
    server.faults.removed_at_once = 10
    await docs.remove(version)
    assert held(server, docs.caller) == []


async def test_an_absent_server_is_an_error_that_says_what_to_do(
    database: Database, caller: Caller, mortal: StandIn
) -> None:
    mortal.stop()
    store = WeaviateStore(options_of(mortal, timeout_seconds=2.0))
    docs = await Collected.make(database, store, caller)
    with pytest.raises(TryLater) as caught:
        await docs.find(unit(1), "anything")
    assert (caught.value.code, caught.value.status) == ("store.unavailable", 503)
    assert mortal.url in caught.value.message
    assert "MCP_ENGINE_VECTOR_STORE=postgresql" in caught.value.message
    with pytest.raises(TryLater):
        await store.drop(caller.tenant_id, [docs.id])
    await store.close()


async def test_a_server_that_goes_and_comes_back_is_found_again(
    database: Database, caller: Caller, mortal: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.stores.weaviate.connection._REST_SECONDS", 0.0)
    store = WeaviateStore(options_of(mortal, timeout_seconds=1.0))
    docs = await Collected.make(database, store, caller)
    version = await docs.add([Piece(unit(1), "pier")])
    mortal.stop()
    for _ in range(2):
        with pytest.raises(TryLater):
            await docs.find(unit(1), "pier")
    mortal.start()
    deadline = time.monotonic() + 30
    while True:
        try:
            assert places(await docs.find(unit(1), "pier")) == {(version, 0)}
            break
        except TryLater:
            assert time.monotonic() < deadline
    await store.close()


async def test_a_slow_server_is_given_up_and_rested_from(database: Database, caller: Caller, mortal: StandIn) -> None:
    store = WeaviateStore(options_of(mortal, timeout_seconds=0.3))
    docs = await Collected.make(database, store, caller)
    mortal.faults.slow_seconds = 1.0
    with pytest.raises(TryLater):
        await docs.find(unit(1), "pier")
    mortal.faults.calls.clear()
    mortal.heal()
    with pytest.raises(TryLater):
        await docs.find(unit(1), "pier")
    assert mortal.faults.calls == []
    await store.close()


async def test_a_wrong_key_is_refused_and_never_shown(
    database: Database, caller: Caller, server: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong, right = WeaviateStore(options_of(server, key="wrong-key-91be")), WeaviateStore(options_of(server))
    docs = await Collected.make(database, wrong, caller)
    with pytest.raises(Refused) as caught:
        await docs.find(unit(1))
    assert caught.value.code == "store.key_refused"
    await (await Collected.make(database, right, caller)).add([Piece(unit(1))])
    for secret in ("wrong-key-91be", KEY):
        assert secret not in caplog.text
        assert secret not in str(caught.value)
        assert secret not in repr(options_of(server, key=secret))
    await wrong.close()
    await right.close()


async def test_a_collection_that_is_gone_is_made_again(docs: Collected, server: StandIn) -> None:
    pieces = [Piece(unit(1), "pier")]
    version = await docs.add(pieces)
    server.state.collections.clear()
    with pytest.raises(Refused) as caught:
        await docs.find(unit(1), "pier")
    assert caught.value.code == "store.failed"
    await docs.tell(version, pieces)
    assert places(await docs.find(unit(1), "pier")) == {(version, 0)}


async def test_two_processes_may_begin_at_once(database: Database, caller: Caller, server: StandIn) -> None:
    options = options_of(server)
    stores = [WeaviateStore(options) for _ in range(2)]
    both = [await Collected.make(database, store, caller) for store in stores]
    for docs in both:
        version = await docs.add([Piece(unit(1), new_id().hex)])
        assert places(await docs.find(unit(1))) == {(version, 0)}
    for store in stores:
        await store.close()
