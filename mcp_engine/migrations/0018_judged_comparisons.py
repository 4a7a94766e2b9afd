"""Judged comparisons: what a judge of pairs said of two evaluations, in both orders. All of it only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    _comparison()
    _row()
    _verdict()
    _outcome()
    for table in ("judged_comparison", "judged_row", "judged_verdict", "judged_outcome"):
        ddl.tenant_table(table)
        ddl.immutable(table)


def _comparison() -> None:
    op.create_table(
        "judged_comparison",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("baseline_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("judge_name", sa.String(), nullable=False),
        sa.Column("judge_number", sa.Integer(), nullable=False),
        sa.Column("judge_version_id", sa.Uuid(), nullable=False),
        sa.Column("judge_lock_digest", sa.String(), nullable=False),
        sa.Column("prompt_name", sa.String(), nullable=False),
        sa.Column("prompt_number", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(), nullable=False),
        sa.Column("model_digest", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("reuse", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_judged_comparison"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"],
            ["namespace.tenant_id", "namespace.name"],
            name="fk_judged_comparison_tenant_id_namespace",
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{table}.tenant_id", f"{table}.id"],
                name=f"fk_judged_comparison_tenant_id_{column}",
            )
            for column, table in (
                ("baseline_id", "evaluation"),
                ("candidate_id", "evaluation"),
                ("judge_version_id", "artifact_version"),
            )
        ),
    )
    for columns in (["namespace", "id"], ["baseline_id", "candidate_id"]):
        name = f"ix_judged_comparison_tenant_id_{'_'.join(columns)}"
        op.create_index(name, "judged_comparison", ["tenant_id", *columns])


def _row() -> None:
    op.create_table(
        "judged_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row_digest", sa.String(), nullable=False),
        sa.Column("baseline_execution_id", sa.Uuid(), nullable=True),
        sa.Column("candidate_execution_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "comparison_id", "position", name="pk_judged_row"),
        _of_comparison("judged_row"),
        sa.CheckConstraint("result IN ('win', 'loss', 'tie', 'inconsistent', 'failed')", name="ck_judged_row_result"),
    )
    op.create_index(
        "ix_judged_row_tenant_id_comparison_id_result",
        "judged_row",
        ["tenant_id", "comparison_id", "result", "position"],
    )


def _verdict() -> None:
    op.create_table(
        "judged_verdict",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("baseline_first", sa.Boolean(), nullable=False),
        sa.Column("cache_key", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "comparison_id", "position", "baseline_first", name="pk_judged_verdict"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "comparison_id", "position"],
            ["judged_row.tenant_id", "judged_row.comparison_id", "judged_row.position"],
            name="fk_judged_verdict_tenant_id_comparison_id_position",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "execution_id"],
            ["execution.tenant_id", "execution.id"],
            name="fk_judged_verdict_tenant_id_execution_id",
        ),
        sa.CheckConstraint("answer IN ('first', 'second', 'tie')", name="ck_judged_verdict_answer"),
        sa.CheckConstraint("(answer IS NULL) <> (failure_code IS NULL)", name="ck_judged_verdict_one_of"),
    )
    op.create_index("ix_judged_verdict_tenant_id_cache_key", "judged_verdict", ["tenant_id", "cache_key"])


def _outcome() -> None:
    op.create_table(
        "judged_outcome",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "comparison_id", name="pk_judged_outcome"),
        _of_comparison("judged_outcome"),
    )


def _of_comparison(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "comparison_id"],
        ["judged_comparison.tenant_id", "judged_comparison.id"],
        name=f"fk_{table}_tenant_id_comparison_id",
    )
