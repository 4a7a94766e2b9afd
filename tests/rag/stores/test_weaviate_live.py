"""The same suite against a real server: `make test-weaviate WEAVIATE_URL=http://…`.

It works in a collection of its own, which it removes, and touches no other.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from mcp_engine.identifiers import new_id
from rag.stores.port import VectorStore
from rag.stores.weaviate.connection import WeaviateOptions
from rag.stores.weaviate.store import WeaviateStore
from tests.rag.stores.conformance import StoreConformance

URL = os.environ.get("WEAVIATE_URL", "")
KEY = os.environ.get("WEAVIATE_API_KEY", "")
GRPC_PORT = int(os.environ.get("WEAVIATE_GRPC_PORT", "50051"))


pytestmark = pytest.mark.skipif(not URL, reason="WEAVIATE_URL names no server")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def store() -> AsyncIterator[VectorStore]:
    options = WeaviateOptions(
        url=URL.rstrip("/"), grpc_port=GRPC_PORT, api_key=SecretStr(KEY) if KEY else None,
        collection=f"McpEngineTest{new_id().hex}", timeout_seconds=30.0,
    )  # fmt: skip
    store = WeaviateStore(options)
    yield store
    async with store._connection.asking(30.0) as client:
        made = await store._connection.collection_names()
        await client.collections.delete([name for name in made if name.startswith(options.collection)])
    await store.close()


class TestLive(StoreConformance):
    """In a collection of their own."""
