"""Rows of kept answers: ids, digests and counts, no content."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, func
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field


class CachedAnswerRow(TenantRow, table=True):
    """That the answer of `execution_id` is the answer to everything that the key was made of."""

    __tablename__: ClassVar[Any] = "cached_answer"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "collection_id"], ["collection.tenant_id", "collection.id"]),
        ForeignKeyConstraint(["tenant_id", "execution_id"], ["execution.tenant_id", "execution.id"]),
        Index("ix_cached_answer_tenant_id_collection_id", "tenant_id", "collection_id"),
        Index("ix_cached_answer_tenant_id_execution_id", "tenant_id", "execution_id"),
        Index("ix_cached_answer_tenant_id_used_at", "tenant_id", "used_at"),
    )

    key_digest: str = Field(primary_key=True)
    collection_id: UUID
    execution_id: UUID
    hits: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = created_field()
    used_at: datetime = timestamp_field(default=None, sa_column_kwargs={"server_default": func.now()})
