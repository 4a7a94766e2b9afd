"""Answers as they came out, by collection, and the labels that people gave them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "asked_answer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("cut", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "execution_id", name="pk_asked_answer"),
        ddl.reference("asked_answer", "execution_id", "execution"),
        ddl.reference("asked_answer", "collection_id", "collection"),
    )
    op.create_index(
        "ix_asked_answer_tenant_id_collection_id", "asked_answer", ["tenant_id", "collection_id", "execution_id"]
    )
    ddl.tenant_table("asked_answer")
    op.create_table(
        "answer_label",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=True),
        sa.Column("demonstration_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_answer_label"),
        ddl.reference("answer_label", "execution_id", "execution"),
        ddl.reference("answer_label", "collection_id", "collection"),
        ddl.reference("answer_label", "feedback_id", "feedback"),
        ddl.reference("answer_label", "demonstration_id", "feedback"),
        sa.CheckConstraint(
            "verdict IN ('supported', 'not_supported', 'should_answer', 'rightly_refused', 'skipped')",
            name="ck_answer_label_verdict",
        ),
        sa.CheckConstraint("(version_id IS NULL) = (start IS NULL)", name="ck_answer_label_place"),
    )
    op.create_index("ix_answer_label_tenant_id_execution_id", "answer_label", ["tenant_id", "execution_id", "id"])
    op.create_index("ix_answer_label_tenant_id_collection_id", "answer_label", ["tenant_id", "collection_id", "id"])
    ddl.tenant_table("answer_label")
