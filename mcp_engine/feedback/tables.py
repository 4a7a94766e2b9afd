"""Rows of feedback. Nothing here is ever updated; content rows can be erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Double, ForeignKeyConstraint, Index, LargeBinary, Text
from sqlmodel import Field, col

from mcp_engine.database.rows import TenantRow, created_field
from mcp_engine.executions.tables import ExecutionRow
from mcp_engine.identity.tables import Namespace


class FeedbackRow(TenantRow, table=True):
    """One judgement; exactly one of `execution_id` and `session_id` says of what."""

    __tablename__ = "feedback"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], [col(Namespace.tenant_id), col(Namespace.name)]),
        ForeignKeyConstraint(["tenant_id", "execution_id"], [col(ExecutionRow.tenant_id), col(ExecutionRow.id)]),
        Index("ix_feedback_tenant_id_execution_id_id", "tenant_id", "execution_id", "id"),
        Index("ix_feedback_tenant_id_session_id_id", "tenant_id", "session_id", "id"),
        Index("ix_feedback_tenant_id_metric_name_id", "tenant_id", "metric_name", "id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    metric_name: str
    execution_id: UUID | None = None
    session_id: str | None = None
    boolean_value: bool | None = None
    number_value: float | None = Field(default=None, sa_type=Double)
    content_commitment: str | None = None
    actor_id: UUID
    created_at: datetime = created_field()


class FeedbackContentRow(TenantRow, table=True):
    """The words: canonical JSON with `value` and `comment`, each a text or null."""

    __tablename__ = "feedback_content"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "feedback_id"], [col(FeedbackRow.tenant_id), col(FeedbackRow.id)]),
    )

    feedback_id: UUID = Field(primary_key=True)
    salt: bytes = Field(sa_type=LargeBinary, nullable=False)
    content: str = Field(sa_type=Text, nullable=False)
