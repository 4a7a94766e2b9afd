"""Rows of labels. Nothing here is ever updated, and nothing here is content."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field, reference


class AnswerLabelRow(TenantRow, table=True):
    """What one person said of one answer; the last word on an answer counts, and a skip counts for its person alone.

    `feedback_id` is the judgement as feedback, `demonstration_id` the answer they would have wanted, and
    `version_id`, `start` and `end` the passage that holds it.
    """

    __tablename__: ClassVar[Any] = "answer_label"
    __table_args__ = (
        reference("execution_id", "execution"),
        reference("collection_id", "collection"),
        reference("feedback_id", "feedback"),
        reference("demonstration_id", "feedback"),
        Index("ix_answer_label_tenant_id_execution_id", "tenant_id", "execution_id", "id"),
        Index("ix_answer_label_tenant_id_collection_id", "tenant_id", "collection_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    execution_id: UUID
    collection_id: UUID
    verdict: str
    feedback_id: UUID | None = None
    demonstration_id: UUID | None = None
    version_id: UUID | None = None
    start: int | None = None
    end: int | None = None
    actor_id: UUID
    created_at: datetime = created_field()
