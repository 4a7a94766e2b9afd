"""The index in PostgreSQL as a store: it is the record, so there is nothing to tell it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from rag.index.repository import IndexRepository
from rag.stores.port import SearchedIndex, StoredChunk


class PostgresStore:
    """Exact, in memory or by a scan, with BM25 over all postings; changes are found once they commit."""

    name = "postgresql"
    follows = False

    def index(self, session: AsyncSession, tenant_id: UUID) -> SearchedIndex:  # noqa: ARG002 - the session is bound to it
        return IndexRepository(session)

    async def put(self, tenant_id: UUID, collection_id: UUID, chunks: Sequence[StoredChunk]) -> None:
        """Do nothing: the transaction that indexed the chunks has written them."""

    async def drop(self, tenant_id: UUID, version_ids: Sequence[UUID]) -> None:
        """Do nothing: the transaction that took the versions out of search has removed them."""

    async def drop_tenant(self, tenant_id: UUID) -> None:
        """Do nothing: the record is not emptied on behalf of a store."""

    async def close(self) -> None:
        """Do nothing: sessions belong to their transactions."""


POSTGRESQL = PostgresStore()
