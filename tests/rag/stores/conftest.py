"""A Weaviate stand-in, and stores that speak to it with the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from mcp_engine.access import Caller
from mcp_engine.identifiers import new_id
from rag.stores.weaviate.connection import WeaviateOptions
from rag.stores.weaviate.schema import tenant_name
from rag.stores.weaviate.store import WeaviateStore
from tests.rag.stores.weaviate_stand_in.server import KEY, StandIn
from tests.rag.stores.weaviate_stand_in.state import Thing


def options_of(server: StandIn, *, key: str = KEY, timeout_seconds: float = 20.0) -> WeaviateOptions:
    return WeaviateOptions(
        url=server.url, grpc_port=server.grpc_port, api_key=SecretStr(key), collection=f"T{new_id().hex}Chunk",
        timeout_seconds=timeout_seconds,
    )  # fmt: skip


@pytest.fixture(scope="session")
def server() -> Iterator[StandIn]:
    """One server for all tests: each store has a collection of its own."""
    server = StandIn()
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def weaviate(server: StandIn) -> AsyncIterator[WeaviateStore]:
    store = WeaviateStore(options_of(server))
    yield store
    await store.close()
    server.heal()


def held(server: StandIn, caller: Caller) -> list[Thing]:
    """Return what the server holds of a tenant, in any collection."""
    return server.things(tenant_name(caller.tenant_id))
