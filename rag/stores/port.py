"""The port of vector stores: what finds the chunks that are near a question."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncSession

from rag.index.postings import LexicalQuery
from rag.index.repository import Candidates


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as a store takes it.

    Args:
        vector: of length 1.
        terms: its words as the index counts them (`rag.lexical.terms`), each as often as it stands there.
    """

    version_id: UUID
    ordinal: int
    vector: npt.NDArray[np.float32]
    terms: Sequence[str]


class SearchedIndex(Protocol):
    """The chunks of one tenant, as one transaction searches them."""

    async def candidates(
        self,
        collection_id: UUID,
        vector: npt.NDArray[np.float32],
        query: LexicalQuery,
        limit: int,
        among: Set[UUID] | None = None,
    ) -> Candidates:
        """Return the chunks of a collection that are nearest by vector or by words, at least `limit` if there are.

        Whatever the store says, each of them is read from PostgreSQL in this transaction, so it belongs to the tenant
        and the collection and is searched now; both scores and all counts are PostgreSQL's.

        Args:
            among: the versions to search; None for all.

        Raises:
            TryLater: `store.unavailable`; the question was fine.
            Refused: `store.key_refused`, `store.failed`.
        """
        ...


class VectorStore(Protocol):
    """Finds chunks by vector and words. PostgreSQL keeps the record; a store may follow it.

    Order: the record changes first, then the store is told, and what it is told is the record as it stands then.
    So every call may be repeated, late, or for a version that has changed again; the last one wins.

    Durability: when `put`, `drop` or `drop_tenant` return, the store has acknowledged the change and keeps it as
    durably as it keeps anything. When they raise, any part of it may have happened: repeat it.

    Freshness: a change is found when the store has heard of it and its own index has taken it in. Before that a new
    version is missing from what is found, and a removed one is found and left out by `SearchedIndex.candidates`. A
    collection that was indexed anew, or is brought over, is searched in PostgreSQL until the store has heard of all.
    """

    @property
    def name(self) -> str:
        """Return how settings name the store."""
        ...

    @property
    def follows(self) -> bool:
        """Return whether changes are to be delivered; False for the record itself."""
        ...

    def index(self, session: AsyncSession, tenant_id: UUID) -> SearchedIndex:
        """Return the tenant's chunks, as the transaction of `session` searches them."""
        ...

    async def put(self, tenant_id: UUID, collection_id: UUID, chunks: Sequence[StoredChunk]) -> None:
        """Add chunks, or replace those of the same version and ordinal.

        Raises:
            TryLater: `store.unavailable`.
            InvalidInput: `store.chunks_refused` names those that the store would not take; the others are in it.
            Refused: `store.key_refused`, `store.failed`.
        """
        ...

    async def drop(self, tenant_id: UUID, version_ids: Sequence[UUID]) -> None:
        """Remove all chunks of these versions; those that are not there are no error. Raises what `put` raises."""
        ...

    async def drop_tenant(self, tenant_id: UUID) -> None:
        """Remove everything of a tenant; raises what `put` raises."""
        ...

    async def close(self) -> None:
        """Release connections; nothing is asked of the store after that."""
        ...
