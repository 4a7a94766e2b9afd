"""Feedback: facts that never change, words that can be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _feedback()
    _content()


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("metric_name", sa.String(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("boolean_value", sa.Boolean(), nullable=True),
        sa.Column("number_value", sa.Double(), nullable=True),
        sa.Column("content_commitment", sa.String(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"],
            ["namespace.tenant_id", "namespace.name"],
            name="fk_feedback_tenant_id_namespace",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "execution_id"],
            ["execution.tenant_id", "execution.id"],
            name="fk_feedback_tenant_id_execution_id",
        ),
        sa.CheckConstraint("(execution_id IS NULL) <> (session_id IS NULL)", name="ck_feedback_subject"),
        sa.CheckConstraint("num_nonnulls(boolean_value, number_value) <= 1", name="ck_feedback_value"),
        sa.CheckConstraint(
            "num_nonnulls(boolean_value, number_value, content_commitment) > 0", name="ck_feedback_something"
        ),
    )
    for column in ("execution_id", "session_id", "metric_name"):
        op.create_index(f"ix_feedback_tenant_id_{column}_id", "feedback", ["tenant_id", column, "id"])
    ddl.tenant_table("feedback")
    ddl.immutable("feedback")


def _content() -> None:
    op.create_table(
        "feedback_content",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "feedback_id", name="pk_feedback_content"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "feedback_id"],
            ["feedback.tenant_id", "feedback.id"],
            name="fk_feedback_content_tenant_id_feedback_id",
        ),
        sa.CheckConstraint("octet_length(salt) = 16", name="ck_feedback_content_salt"),
    )
    ddl.tenant_table("feedback_content")
    ddl.erasable("feedback_content")
