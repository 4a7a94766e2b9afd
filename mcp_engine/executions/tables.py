"""Rows of executions. Nothing here is ever updated; content rows can be erased."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Double, ForeignKeyConstraint, Index, LargeBinary, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field
from mcp_engine.identity.tables import Namespace

COST_DECIMALS = 10


def _of_execution() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "execution_id"], ["execution.tenant_id", "execution.id"])


class ExecutionRow(TenantRow, table=True):
    """What was started: by whom, which version, on which model."""

    __tablename__ = "execution"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], [col(Namespace.tenant_id), col(Namespace.name)]),
        ForeignKeyConstraint(["tenant_id", "parent_id"], ["execution.tenant_id", "execution.id"]),
        Index("ix_execution_tenant_id_namespace_id", "tenant_id", "namespace", "id"),
        Index("ix_execution_tenant_id_kind_id", "tenant_id", "kind", "id"),
        Index("ix_execution_tenant_id_artifact_name_id", "tenant_id", "artifact_name", "id"),
        Index(
            "ix_execution_tenant_id_artifact_name_artifact_number_id",
            *("tenant_id", "artifact_name", "artifact_number", "id"),
        ),
        Index("ix_execution_tenant_id_model_name_id", "tenant_id", "model_name", "id"),
        Index("ix_execution_tenant_id_actor_id_id", "tenant_id", "actor_id", "id"),
        Index("ix_execution_tenant_id_parent_id", "tenant_id", "parent_id"),
        Index("ix_execution_tenant_id_trace_id", "tenant_id", "trace_id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    kind: str
    parent_id: UUID | None = None
    actor_id: UUID
    trace_id: str | None = None
    artifact_kind: str | None = None
    artifact_namespace: str | None = None
    artifact_name: str | None = None
    artifact_number: int | None = None
    artifact_label: str | None = None
    """The label that the caller named and that pointed at this version then; null when it named none."""
    version_id: UUID | None = None
    version_digest: str | None = None
    lock_digest: str | None = None
    model_provider: str | None = None
    model_name: str | None = None
    model_digest: str | None = None
    model_weights_digest: str | None = None
    model_source_digest: str | None = None
    parameters: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    seed: int | None = Field(default=None, sa_type=BigInteger)
    inputs_commitment: str
    created_at: datetime = created_field()
    """By the clock of the process that made `id`, so that a range of times is a range of ids."""


class ExecutionInputsRow(TenantRow, table=True):
    """What went in. `content` is the canonical JSON that the commitment covers, byte by byte.

    It is text and not jsonb because jsonb refuses NUL characters and rewrites numbers.
    """

    __tablename__ = "execution_inputs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (_of_execution(),)

    execution_id: UUID = Field(primary_key=True)
    salt: bytes = Field(sa_type=LargeBinary, nullable=False)
    content: str = Field(sa_type=Text, nullable=False)


class ExecutionOutcomeRow(TenantRow, table=True):
    """How it ended; an execution without one is running."""

    __tablename__ = "execution_outcome"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        _of_execution(),
        Index("ix_execution_outcome_tenant_id_status_execution_id", "tenant_id", "status", "execution_id"),
    )

    execution_id: UUID = Field(primary_key=True)
    status: str
    finish_reason: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    latency_first_token_ms: float | None = Field(default=None, sa_type=Double)
    latency_total_ms: float | None = Field(default=None, sa_type=Double)
    """Null when the server stopped in the middle: nobody saw the end."""
    cost_usd: Decimal | None = Field(default=None, sa_type=Numeric(20, COST_DECIMALS))  # type: ignore[call-overload]
    """Null when the price of the model is not known."""
    output_commitment: str | None = None
    sources: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))  # type: ignore[call-overload]
    """The versions of documents that it was retrieved from, in order; null when it named none."""
    shown: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))  # type: ignore[call-overload]
    """The versions of documents whose text the output holds; null for none."""
    ended_at: datetime = timestamp_field()


class ExecutionOutputRow(TenantRow, table=True):
    """What came out, as canonical JSON; there may be part of an output of a run that failed or was cancelled."""

    __tablename__ = "execution_output"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (_of_execution(),)

    execution_id: UUID = Field(primary_key=True)
    salt: bytes = Field(sa_type=LargeBinary, nullable=False)
    content: str = Field(sa_type=Text, nullable=False)


class ExecutionRunningRow(SQLModel, table=True):
    """One row for each execution that runs, of all tenants: ids only, so that it may stand outside row-level security.

    `owner` is the process that runs it. The row goes with the outcome, in one transaction, so a row
    whose owner is no more is an execution that was interrupted.
    """

    __tablename__ = "execution_running"  # pyright: ignore[reportAssignmentType]

    execution_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    owner: UUID
