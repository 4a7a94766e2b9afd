"""Sweeps over options of a strategy. All of it only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _sweep()
    _combination()
    _figures()
    for table in ("strategy_sweep", "strategy_sweep_combination", "strategy_sweep_figures"):
        ddl.tenant_table(table)
        ddl.immutable(table)


def _sweep() -> None:
    op.create_table(
        "strategy_sweep",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.String(), nullable=False),
        sa.Column("strategy_name", sa.String(), nullable=False),
        sa.Column("strategy_number", sa.Integer(), nullable=False),
        sa.Column("strategy_label", sa.String(), nullable=True),
        sa.Column("strategy_version_id", sa.Uuid(), nullable=False),
        sa.Column("strategy_lock_digest", sa.String(), nullable=False),
        sa.Column("dataset_name", sa.String(), nullable=False),
        sa.Column("dataset_number", sa.Integer(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("split_digest", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.Column("combinations", sa.Integer(), nullable=False),
        sa.Column("scorers", JSONB(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_strategy_sweep"),
        _reference("strategy_sweep", "namespace", "namespace", "name"),
        _reference("strategy_sweep", "strategy_version_id", "artifact_version"),
        _reference("strategy_sweep", "dataset_version_id", "artifact_version"),
    )
    name = "ix_strategy_sweep_tenant_id_namespace_id"
    op.create_index(name, "strategy_sweep", ["tenant_id", "namespace", "id"])


def _combination() -> None:
    table = "strategy_sweep_combination"
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sweep_id", "position", name=f"pk_{table}"),
        _reference(table, "sweep_id", "strategy_sweep"),
        _reference(table, "evaluation_id", "evaluation"),
    )


def _figures() -> None:
    table = "strategy_sweep_figures"
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("latency_p50_ms", sa.Double(), nullable=True),
        sa.Column("latency_p95_ms", sa.Double(), nullable=True),
        sa.Column("curve", JSONB(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sweep_id", "position", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sweep_id", "position"],
            [f"strategy_sweep_combination.{column}" for column in ("tenant_id", "sweep_id", "position")],
            name=f"fk_{table}_tenant_id_sweep_id_position",
        ),
    )


def _reference(table: str, column: str, to: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{to}.tenant_id", f"{to}.{key}"], name=f"fk_{table}_tenant_id_{column}"
    )
