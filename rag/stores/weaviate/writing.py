"""Batches of chunks, and what the store refused of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mcp_engine.errors import InvalidInput, Refused
from rag.stores.port import StoredChunk
from rag.stores.weaviate.schema import COLLECTION_ID, ORDINAL, TERMS, VECTOR, VERSION_ID

if TYPE_CHECKING:
    from weaviate.collections import CollectionAsync

_NAMED = 5
"""How many refused chunks an error names."""


def object_id(chunk: StoredChunk) -> UUID:
    """Return the id of a chunk in the store: the same for every delivery, so that a repeat replaces."""
    return uuid.uuid5(chunk.version_id, str(chunk.ordinal))


async def insert(
    collection: CollectionAsync[Any, Any], collection_id: UUID, chunks: Sequence[StoredChunk]
) -> dict[int, str]:
    """Send one batch; return by position why a chunk was refused.

    Raises:
        WeaviateBaseError: nothing is known of the batch.
    """
    from weaviate.classes.data import DataObject
    from weaviate.exceptions import WeaviateInsertManyAllFailedError

    objects = [
        DataObject(
            uuid=object_id(chunk),
            properties={
                COLLECTION_ID: collection_id, VERSION_ID: chunk.version_id, ORDINAL: chunk.ordinal,
                TERMS: " ".join(chunk.terms),
            },
            vector={VECTOR: chunk.vector.tolist()},
        )
        for chunk in chunks
    ]  # fmt: skip
    try:
        sent = await collection.data.insert_many(objects)
    except WeaviateInsertManyAllFailedError as error:
        return dict.fromkeys(range(len(chunks)), error.message)
    return {position: refused.message for position, refused in sent.errors.items()}


async def remove(collection: CollectionAsync[Any, Any], version_ids: Sequence[UUID]) -> None:
    """Remove all chunks of versions.

    Raises:
        Refused: `store.failed` when some stay.
        WeaviateBaseError: nothing is known of them.
    """
    from weaviate.classes.query import Filter

    where = Filter.by_property(VERSION_ID).contains_any(list(version_ids))
    # One call removes 10,000 objects at the most.
    while (removed := await collection.data.delete_many(where=where)).matches:
        if removed.failed:
            raise Refused(
                "store.failed",
                f"The vector store did not remove {removed.failed} of {removed.matches} chunks; its log says why.",
            )


def chunks_refused(chunks: Sequence[StoredChunk], reasons: Mapping[int, str], *, of: int) -> InvalidInput:
    """Return the error that names chunks which the store would not take, however often it was asked.

    Args:
        reasons: why, by position in `chunks`.
        of: how many chunks the batch had.
    """
    refused = [
        {"version_id": str(chunk.version_id), "ordinal": chunk.ordinal, "reason": " ".join(reasons[at].split())[:300]}
        for at, chunk in enumerate(chunks)
    ]
    first = refused[0]
    return InvalidInput(
        "store.chunks_refused",
        f"The vector store refused {len(refused)} of {of} chunks, first chunk {first['ordinal']} of version "
        f"{first['version_id']}: {first['reason']}. They wait in the outbox: mend the store, then retry this job or "
        "run `mcp-engine docs reindex-store`.",
        details={"refused": refused[:_NAMED]},
    )
