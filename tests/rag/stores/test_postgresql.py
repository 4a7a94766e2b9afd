"""PostgreSQL as a vector store, from memory and by a scan."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from rag.index.memory import VectorMemory
from rag.index.repository import IndexRepository
from rag.stores.port import SearchedIndex, VectorStore
from rag.stores.postgresql import PostgresStore
from tests.rag.stores.conformance import StoreConformance


class Scanned(PostgresStore):
    """As for collections that memory does not take."""

    def index(self, session: AsyncSession, tenant_id: UUID) -> SearchedIndex:
        return IndexRepository(session, VectorMemory(0))


class TestFromMemory(StoreConformance):
    @pytest.fixture
    def store(self) -> VectorStore:
        return PostgresStore()


class TestByScan(StoreConformance):
    @pytest.fixture
    def store(self) -> VectorStore:
        return Scanned()
