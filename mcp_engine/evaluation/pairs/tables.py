"""Rows of judged comparisons. Nothing here is ever updated: a comparison fills up, and then it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col

from mcp_engine.artifacts.tables import Version
from mcp_engine.database.rows import TenantRow, created_field, timestamp_field
from mcp_engine.evaluation.runs.tables import EvaluationRow
from mcp_engine.executions.tables import ExecutionRow
from mcp_engine.identity.tables import Namespace


class JudgedComparisonRow(TenantRow, table=True):
    """Which evaluations are compared, and by which judge: all of it pinned."""

    __tablename__ = "judged_comparison"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], [col(Namespace.tenant_id), col(Namespace.name)]),
        ForeignKeyConstraint(["tenant_id", "baseline_id"], [col(EvaluationRow.tenant_id), col(EvaluationRow.id)]),
        ForeignKeyConstraint(["tenant_id", "candidate_id"], [col(EvaluationRow.tenant_id), col(EvaluationRow.id)]),
        ForeignKeyConstraint(["tenant_id", "judge_version_id"], [col(Version.tenant_id), col(Version.id)]),
        Index("ix_judged_comparison_tenant_id_namespace_id", "tenant_id", "namespace", "id"),
        Index("ix_judged_comparison_tenant_id_baseline_id_candidate_id", "tenant_id", "baseline_id", "candidate_id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    job_id: UUID
    baseline_id: UUID
    candidate_id: UUID
    judge_name: str
    judge_number: int
    judge_version_id: UUID
    judge_lock_digest: str
    prompt_name: str
    prompt_number: int
    """What the judge's lock pins."""
    model_name: str
    model_digest: str
    rows: int
    reuse: bool
    """Whether verdicts of earlier comparisons on the same outputs are taken over."""
    actor_id: UUID
    created_at: datetime = created_field()


class JudgedRow(TenantRow, table=True):
    """One row that both evaluations ran, and what the two verdicts on it come to."""

    __tablename__ = "judged_row"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "comparison_id"], [col(JudgedComparisonRow.tenant_id), col(JudgedComparisonRow.id)]
        ),
        Index("ix_judged_row_tenant_id_comparison_id_result", "tenant_id", "comparison_id", "result", "position"),
    )

    comparison_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    """Of the row in the baseline's split."""
    row_digest: str
    baseline_execution_id: UUID | None = None
    candidate_execution_id: UUID | None = None
    result: str


class JudgedVerdictRow(TenantRow, table=True):
    """What the judge said in one order, or why it said nothing."""

    __tablename__ = "judged_verdict"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "comparison_id", "position"],
            [col(JudgedRow.tenant_id), col(JudgedRow.comparison_id), col(JudgedRow.position)],
        ),
        ForeignKeyConstraint(["tenant_id", "execution_id"], [col(ExecutionRow.tenant_id), col(ExecutionRow.id)]),
        Index("ix_judged_verdict_tenant_id_cache_key", "tenant_id", "cache_key"),
    )

    comparison_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    baseline_first: bool = Field(primary_key=True)
    cache_key: str
    """Of what the verdict follows from: judge, model, row, and both outputs in their order."""
    answer: str | None = None
    failure_code: str | None = None
    execution_id: UUID | None = None
    """The judge's run."""
    reused: bool


class JudgedOutcomeRow(TenantRow, table=True):
    """How it ended. One without is waiting or running, or its job failed."""

    __tablename__ = "judged_outcome"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "comparison_id"], [col(JudgedComparisonRow.tenant_id), col(JudgedComparisonRow.id)]
        ),
    )

    comparison_id: UUID = Field(primary_key=True)
    figures: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    ended_at: datetime = timestamp_field()
