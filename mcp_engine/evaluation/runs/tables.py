"""Rows of evaluations. Nothing here is ever updated: an evaluation fills up, and then it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col

from mcp_engine.artifacts.tables import Version
from mcp_engine.database.rows import TenantRow, created_field, timestamp_field
from mcp_engine.executions.tables import ExecutionRow
from mcp_engine.identity.tables import Namespace


class EvaluationRow(TenantRow, table=True):
    """What is evaluated, on what, by which scorers: all of it pinned."""

    __tablename__ = "evaluation"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], [col(Namespace.tenant_id), col(Namespace.name)]),
        ForeignKeyConstraint(["tenant_id", "subject_version_id"], [col(Version.tenant_id), col(Version.id)]),
        ForeignKeyConstraint(["tenant_id", "dataset_version_id"], [col(Version.tenant_id), col(Version.id)]),
        Index("ix_evaluation_tenant_id_namespace_id", "tenant_id", "namespace", "id"),
        Index("ix_evaluation_tenant_id_subject_version_id_id", "tenant_id", "subject_version_id", "id"),
        Index("ix_evaluation_tenant_id_dataset_version_id_id", "tenant_id", "dataset_version_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    job_id: UUID
    subject_kind: str
    subject_name: str
    subject_number: int
    subject_label: str | None = None
    subject_version_id: UUID
    subject_lock_digest: str
    dataset_name: str
    dataset_number: int
    dataset_version_id: UUID
    split: str
    split_digest: str
    rows: int
    """How many of the split's rows are run: the first ones, where a limit was set."""
    model_name: str
    model_digest: str
    parameters: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    scorers: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    """Of each: name, number, lock_digest, type, direction, scale, unit."""
    salt: str
    """Random and shown nowhere: without it, the digest of a sealed set's metrics could be guessed from the log."""
    reuse: bool
    """Whether outputs of earlier evaluations may stand in for runs."""
    actor_id: UUID
    created_at: datetime = created_field()


class EvaluationItemRow(TenantRow, table=True):
    """One row of the dataset, run."""

    __tablename__ = "evaluation_item"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "evaluation_id"], [col(EvaluationRow.tenant_id), col(EvaluationRow.id)]),
        ForeignKeyConstraint(["tenant_id", "execution_id"], [col(ExecutionRow.tenant_id), col(ExecutionRow.id)]),
        Index("ix_evaluation_item_tenant_id_cache_key", "tenant_id", "cache_key"),
        Index("ix_evaluation_item_tenant_id_execution_id", "tenant_id", "execution_id"),
    )

    evaluation_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    row_digest: str
    cache_key: str
    """Of what the output follows from: lock, inputs, model, parameters, seed."""
    execution_id: UUID | None = None
    reused: bool
    error_code: str | None = None
    """Why there is no output."""


class EvaluationScoreRow(TenantRow, table=True):
    """One score of one row: a value, or why there is none."""

    __tablename__ = "evaluation_score"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "evaluation_id", "position"],
            [col(EvaluationItemRow.tenant_id), col(EvaluationItemRow.evaluation_id), col(EvaluationItemRow.position)],
        ),
        ForeignKeyConstraint(["tenant_id", "execution_id"], [col(ExecutionRow.tenant_id), col(ExecutionRow.id)]),
    )

    evaluation_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    scorer: str = Field(primary_key=True)
    scorer_lock_digest: str
    value: float | None = Field(default=None, sa_type=Double)
    failure_code: str | None = None
    execution_id: UUID | None = None
    """The judge's run, where one gave the score."""


class EvaluationOutcomeRow(TenantRow, table=True):
    """How it ended. One without is waiting or running, or its job failed."""

    __tablename__ = "evaluation_outcome"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "evaluation_id"], [col(EvaluationRow.tenant_id), col(EvaluationRow.id)]),
    )

    evaluation_id: UUID = Field(primary_key=True)
    metrics: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    failed_rows: int
    reused_rows: int
    ended_at: datetime = timestamp_field()
