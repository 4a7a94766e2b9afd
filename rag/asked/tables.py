"""Rows of answers as they came out. Nothing here is ever updated, and nothing here is content."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Double, Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, reference


class AskedAnswerRow(TenantRow, table=True):
    """How sure an answer from a collection was, or the code of its refusal, written with its outcome.

    Both are null for one that was given before: it is in doubt only if something happened to it since.
    """

    __tablename__: ClassVar[Any] = "asked_answer"
    __table_args__ = (
        reference("execution_id", "execution"),
        reference("collection_id", "collection"),
        Index("ix_asked_answer_tenant_id_collection_id", "tenant_id", "collection_id", "execution_id"),
    )

    execution_id: UUID = Field(primary_key=True)
    collection_id: UUID
    confidence: float | None = Field(default=None, sa_type=Double)
    refusal: str | None = None
    cut: int = 0
    """How many sentences that a model wrote were left out, because nothing bore them out."""
