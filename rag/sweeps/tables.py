"""Rows of sweeps. Nothing here is ever updated: a sweep fills up, one combination after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Double, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field, reference, timestamp_field


class SweepRow(TenantRow, table=True):
    """What is tried on what: all of it pinned, but what the collection holds."""

    __tablename__: ClassVar[Any] = "strategy_sweep"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], ["namespace.tenant_id", "namespace.name"]),
        reference("strategy_version_id", "artifact_version"),
        reference("dataset_version_id", "artifact_version"),
        Index("ix_strategy_sweep_tenant_id_namespace_id", "tenant_id", "namespace", "id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    job_id: UUID
    collection: str
    strategy_name: str
    strategy_number: int
    strategy_label: str | None = None
    strategy_version_id: UUID
    strategy_lock_digest: str
    dataset_name: str
    dataset_number: int
    dataset_version_id: UUID
    split: str
    split_digest: str
    rows: int
    """Of the dataset, asked with each combination."""
    options: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    """Of each: `option`, its name, and the `values` that are tried."""
    combinations: int
    scorers: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    """As each evaluation keeps them."""
    actor_id: UUID
    created_at: datetime = created_field()


class CombinationRow(TenantRow, table=True):
    """One combination, counted from 1, and the evaluation that its rows belong to."""

    __tablename__: ClassVar[Any] = "strategy_sweep_combination"
    __table_args__ = (
        reference("sweep_id", "strategy_sweep"),
        reference("evaluation_id", "evaluation"),
    )

    sweep_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    evaluation_id: UUID
    options: dict[str, Any] = Field(sa_type=JSONB, nullable=False)


class FiguresRow(TenantRow, table=True):
    """What a combination came to. One without is waiting or running, or the job ended before."""

    __tablename__: ClassVar[Any] = "strategy_sweep_figures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "sweep_id", "position"],
            [
                "strategy_sweep_combination.tenant_id",
                "strategy_sweep_combination.sweep_id",
                "strategy_sweep_combination.position",
            ],
        ),
    )

    sweep_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    answered: int
    refused: int
    failed: int
    latency_p50_ms: float | None = Field(default=None, sa_type=Double)
    latency_p95_ms: float | None = Field(default=None, sa_type=Double)
    curve: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    """`rows`, `left_out` and `points` of risk over coverage; only where a scorer of abstention is among the scorers."""
    ended_at: datetime = timestamp_field()
