"""The collection that chunks stand in, and the names of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from rag.lexical import K1, B

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient
    from weaviate.collections import CollectionAsync

VECTOR: Final = "chunk"
COLLECTION_ID: Final = "collection_id"
VERSION_ID: Final = "version_id"
ORDINAL: Final = "ordinal"
TERMS: Final = "terms"


def tenant_name(tenant_id: UUID) -> str:
    """Return what a tenant is called in the store."""
    return f"t{tenant_id.hex}"


async def ensure_collection(client: WeaviateAsyncClient, name: str) -> None:
    """Make the collection unless one of that name is there; raises what the client raises."""
    from weaviate.exceptions import UnexpectedStatusCodeError

    if not await client.collections.exists(name):
        try:
            await _create(client, name)
        except UnexpectedStatusCodeError:
            # Another process may have made it meanwhile.
            if not await client.collections.exists(name):
                raise


async def ensure_tenant(collection: CollectionAsync[Any, Any], name: str) -> None:
    """Make a tenant unless it is there; raises what the client raises."""
    from weaviate.exceptions import UnexpectedStatusCodeError

    if await collection.tenants.get_by_name(name) is None:
        try:
            await collection.tenants.create(name)
        except UnexpectedStatusCodeError:
            # Another process may have made it meanwhile.
            if await collection.tenants.get_by_name(name) is None:
                raise


async def _create(client: WeaviateAsyncClient, name: str) -> None:
    """Make the collection: cosine over vectors of ours, and BM25 with our parameters over terms of ours.

    Terms come folded and stemmed, so they are split at spaces and nothing is left out.
    """
    from weaviate.classes.config import Configure, DataType, Property, StopwordsPreset, Tokenization, VectorDistances

    await client.collections.create(
        name,
        description="Chunks of documents, kept by MCP Engine; PostgreSQL holds the record.",
        multi_tenancy_config=Configure.multi_tenancy(
            enabled=True, auto_tenant_creation=False, auto_tenant_activation=True
        ),
        vector_config=Configure.Vectors.self_provided(
            name=VECTOR,
            vector_index_config=Configure.VectorIndex.hnsw(distance_metric=VectorDistances.COSINE),
        ),
        inverted_index_config=Configure.inverted_index(
            bm25_b=B, bm25_k1=K1, stopwords_preset=StopwordsPreset.NONE
        ),
        properties=[
            Property(name=COLLECTION_ID, data_type=DataType.UUID),
            Property(name=VERSION_ID, data_type=DataType.UUID),
            Property(name=ORDINAL, data_type=DataType.INT, index_filterable=False),
            Property(
                name=TERMS, data_type=DataType.TEXT, tokenization=Tokenization.WHITESPACE, index_filterable=False,
                index_searchable=True,
            ),
        ],
    )  # fmt: skip
