"""The store that settings name."""

from __future__ import annotations

from mcp_engine.config import Settings
from mcp_engine.errors import InvalidInput
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL


def configured_store(settings: Settings) -> VectorStore:
    """Return the store to search; nothing is connected yet.

    Raises:
        InvalidInput: `store.address_missing`.
    """
    if settings.vector_store == "postgresql":
        return POSTGRESQL
    from rag.stores.weaviate.connection import WeaviateOptions
    from rag.stores.weaviate.store import WeaviateStore

    if settings.weaviate_url is None:
        raise InvalidInput(
            "store.address_missing",
            "MCP_ENGINE_VECTOR_STORE=weaviate needs MCP_ENGINE_WEAVIATE_URL, such as http://127.0.0.1:8080.",
        )
    return WeaviateStore(
        WeaviateOptions(
            url=settings.weaviate_url.rstrip("/"),
            grpc_port=settings.weaviate_grpc_port,
            grpc_host=settings.weaviate_grpc_host,
            api_key=settings.weaviate_api_key,
            collection=f"{settings.weaviate_prefix}Chunk",
            timeout_seconds=settings.weaviate_timeout_seconds,
        )
    )
