"""Labels that people gave. Nothing is ever updated: who changes their mind labels again, and the last word counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field, col

from mcp_engine.database.rows import TenantRow, created_field
from mcp_engine.evaluation.runs.tables import EvaluationItemRow
from mcp_engine.executions.tables import ExecutionRow


class LabelRow(TenantRow, table=True):
    """A person's verdict on the output of one row, in the sense of one scorer."""

    __tablename__ = "human_label"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "evaluation_id", "position"],
            [col(EvaluationItemRow.tenant_id), col(EvaluationItemRow.evaluation_id), col(EvaluationItemRow.position)],
        ),
        ForeignKeyConstraint(["tenant_id", "execution_id"], [col(ExecutionRow.tenant_id), col(ExecutionRow.id)]),
        Index("ix_human_label_tenant_id_scorer_execution_id", "tenant_id", "scorer", "execution_id"),
    )

    id: UUID = Field(primary_key=True)
    scorer: str
    """The name of the scorer whose question was answered."""
    evaluation_id: UUID
    position: int
    execution_id: UUID
    passed: bool
    actor_id: UUID
    created_at: datetime = created_field()
