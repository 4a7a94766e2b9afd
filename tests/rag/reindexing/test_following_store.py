"""Another embedder of a collection that a store follows: searched in PostgreSQL until the store has the new vectors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.jobs.context import JobContext
from rag.embedding import DIMENSIONS
from rag.parsing.pool import ParserPool
from rag.stores.weaviate.schema import VECTOR
from rag.stores.weaviate.store import WeaviateStore
from rag.strategy import KIND
from tests.rag.conftest import Attempt, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.embedders.servers import DIMENSIONS as OTHER_DIMENSIONS
from tests.rag.reindexing.conftest import OTHER
from tests.rag.stores.conftest import held, options_of
from tests.rag.stores.feeding import Feeding
from tests.rag.stores.weaviate_stand_in.server import StandIn as WeaviateServer

WHO = "Who built the lighthouse of Karsund?"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[WeaviateServer]:
    served = WeaviateServer()
    served.start()
    yield served
    served.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def store(server: WeaviateServer) -> AsyncIterator[WeaviateStore]:
    store = WeaviateStore(options_of(server))
    yield store
    await store.close()


async def test_the_store_is_asked_again_once_it_has_the_new_vectors(
    local: Workspace, parsers: ParserPool, server: WeaviateServer, store: WeaviateStore, caller: Caller
) -> None:
    feeding = Feeding(local, parsers, store)
    for name, text in (("lighthouse.md", LIGHTHOUSE), ("bakery.md", BAKERY)):
        await feeding.add(caller, name, text)
    await feeding.feed(caller)
    assert {len(thing.vectors[VECTOR]) for thing in held(server, caller)} == {DIMENSIONS}
    await local.artifacts.push(caller, KIND, "default", "default", {"embedder": OTHER}, "", ["production"])
    started = await local.reindexings.start(caller, "default", "docs")
    context = Attempt(local.database, caller.tenant_id, caller.principal_id, started.id)
    await feeding.workspace.reindex_job.run(cast("JobContext", context))
    assert (await feeding.service.status(caller)).stale_collections == 1
    asked = len(server.faults.calls)
    switched = await feeding.found(caller, WHO)
    assert switched[0] == "lighthouse.md"
    assert server.faults.calls[asked:] == []
    await feeding.feed(caller)
    assert {len(thing.vectors[VECTOR]) for thing in held(server, caller)} == {OTHER_DIMENSIONS}
    asked = len(server.faults.calls)
    assert await feeding.found(caller, WHO) == switched
    assert server.faults.calls[asked:] == ["Search"]
