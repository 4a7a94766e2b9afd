"""Evaluations: what was run on which rows, what it scored, and how it ended. All of it only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    _evaluation()
    _item()
    _score()
    _outcome()
    for table in ("evaluation", "evaluation_item", "evaluation_score", "evaluation_outcome"):
        ddl.tenant_table(table)
        ddl.immutable(table)


def _evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("subject_number", sa.Integer(), nullable=False),
        sa.Column("subject_label", sa.String(), nullable=True),
        sa.Column("subject_version_id", sa.Uuid(), nullable=False),
        sa.Column("subject_lock_digest", sa.String(), nullable=False),
        sa.Column("dataset_name", sa.String(), nullable=False),
        sa.Column("dataset_number", sa.Integer(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("split_digest", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(), nullable=False),
        sa.Column("model_digest", sa.String(), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("scorers", JSONB(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("reuse", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_evaluation"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"],
            ["namespace.tenant_id", "namespace.name"],
            name="fk_evaluation_tenant_id_namespace",
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                ["artifact_version.tenant_id", "artifact_version.id"],
                name=f"fk_evaluation_tenant_id_{column}",
            )
            for column in ("subject_version_id", "dataset_version_id")
        ),
    )
    for column in ("namespace", "subject_version_id", "dataset_version_id"):
        op.create_index(f"ix_evaluation_tenant_id_{column}_id", "evaluation", ["tenant_id", column, "id"])


def _item() -> None:
    op.create_table(
        "evaluation_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row_digest", sa.String(), nullable=False),
        sa.Column("cache_key", sa.String(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "evaluation_id", "position", name="pk_evaluation_item"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "evaluation_id"],
            ["evaluation.tenant_id", "evaluation.id"],
            name="fk_evaluation_item_tenant_id_evaluation_id",
        ),
        _execution("evaluation_item"),
    )
    for column in ("cache_key", "execution_id"):
        op.create_index(f"ix_evaluation_item_tenant_id_{column}", "evaluation_item", ["tenant_id", column])


def _score() -> None:
    op.create_table(
        "evaluation_score",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("scorer", sa.String(), nullable=False),
        sa.Column("scorer_lock_digest", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "evaluation_id", "position", "scorer", name="pk_evaluation_score"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "evaluation_id", "position"],
            ["evaluation_item.tenant_id", "evaluation_item.evaluation_id", "evaluation_item.position"],
            name="fk_evaluation_score_tenant_id_evaluation_id_position",
        ),
        _execution("evaluation_score"),
        sa.CheckConstraint("(value IS NULL) <> (failure_code IS NULL)", name="ck_evaluation_score_value"),
    )


def _outcome() -> None:
    op.create_table(
        "evaluation_outcome",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("metrics", JSONB(), nullable=False),
        sa.Column("failed_rows", sa.Integer(), nullable=False),
        sa.Column("reused_rows", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "evaluation_id", name="pk_evaluation_outcome"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "evaluation_id"],
            ["evaluation.tenant_id", "evaluation.id"],
            name="fk_evaluation_outcome_tenant_id_evaluation_id",
        ),
    )


def _execution(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "execution_id"],
        ["execution.tenant_id", "execution.id"],
        name=f"fk_{table}_tenant_id_execution_id",
    )
