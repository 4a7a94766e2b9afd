"""Rows of a re-indexing: what it is to make, and what it has made so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import ARRAY, Column, DateTime, ForeignKeyConstraint, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field


def _of_reindexing() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "reindexing_id"], ["reindexing.tenant_id", "reindexing.id"])


class ReindexingRow(TenantRow, table=True):
    """A new index for a collection: how it cuts and with what it embeds; searched since `switched_at`.

    `documents` says of how many the index was replaced; those whose chunks would be the same stay as they are.
    """

    __tablename__: ClassVar[Any] = "reindexing"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "collection_id"], ["collection.tenant_id", "collection.id"]),
        Index("ix_reindexing_tenant_id_collection_id_id", "tenant_id", "collection_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    collection_id: UUID
    job_id: UUID
    embedder: str
    embedder_digest: str
    dimensions: int
    chunking: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    strategy_digest: str
    documents: int | None = None
    switched_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    created_at: datetime = created_field()


class StagedVersionRow(TenantRow, table=True):
    """A version whose part of the new index is made."""

    __tablename__: ClassVar[Any] = "staged_version"
    __table_args__ = (_of_reindexing(),)

    reindexing_id: UUID = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)


class StagedChunkRow(TenantRow, table=True):
    """What becomes a row of `chunk` and one of `chunk_sentences`."""

    __tablename__: ClassVar[Any] = "staged_chunk"
    __table_args__ = (_of_reindexing(),)

    reindexing_id: UUID = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    start: int
    end: int
    page: int | None = None
    terms: int
    siblings: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer), nullable=True))
    embedding: Any = Field(sa_column=Column(Vector(), nullable=False))
    starts: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    ends: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    vectors: bytes


class StagedPostingRow(TenantRow, table=True):
    """What becomes a row of `posting`."""

    __tablename__: ClassVar[Any] = "staged_posting"
    __table_args__ = (_of_reindexing(),)

    reindexing_id: UUID = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)
    term: str = Field(primary_key=True)
    places: bytes
