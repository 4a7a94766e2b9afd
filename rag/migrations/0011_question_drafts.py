"""Questions drafted about a collection, and what people say of them. All of it only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "question_draft",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.String(), nullable=False),
        sa.Column("prompt_name", sa.String(), nullable=False),
        sa.Column("prompt_number", sa.Integer(), nullable=False),
        sa.Column("prompt_version_id", sa.Uuid(), nullable=False),
        sa.Column("prompt_lock_digest", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_question_draft"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"], ["namespace.tenant_id", "namespace.name"],
            name="fk_question_draft_tenant_id_namespace",
        ),
        ddl.reference("question_draft", "collection_id", "collection"),
        ddl.reference("question_draft", "prompt_version_id", "artifact_version"),
    )  # fmt: skip
    op.create_index("ix_question_draft_tenant_id_namespace_id", "question_draft", ["tenant_id", "namespace", "id"])
    op.create_table(
        "drafted_question",
        *_key(),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "draft_id", "position", name="pk_drafted_question"),
        ddl.reference("drafted_question", "draft_id", "question_draft"),
        ddl.reference("drafted_question", "version_id", "document_version"),
    )
    op.create_table(
        "drafted_question_run",
        *_key(),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "draft_id", "position", name="pk_drafted_question_run"),
        _question("drafted_question_run"),
        ddl.reference("drafted_question_run", "execution_id", "execution"),
    )
    op.create_table(
        "drafted_question_verdict",
        *_key(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("feedback_id", sa.Uuid(), nullable=True),
        sa.Column("wording_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_drafted_question_verdict"),
        _question("drafted_question_verdict"),
        ddl.reference("drafted_question_verdict", "feedback_id", "feedback"),
        ddl.reference("drafted_question_verdict", "wording_id", "feedback"),
        sa.CheckConstraint("verdict IN ('accepted', 'rejected')", name="ck_drafted_question_verdict_verdict"),
    )
    op.create_index(
        "ix_drafted_question_verdict_tenant_id_draft_id",
        "drafted_question_verdict",
        ["tenant_id", "draft_id", "position", "id"],
    )
    for table in ("question_draft", "drafted_question", "drafted_question_run", "drafted_question_verdict"):
        ddl.tenant_table(table)
        ddl.immutable(table)


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
    ]


def _question(table: str) -> sa.ForeignKeyConstraint:
    to = "drafted_question"
    return sa.ForeignKeyConstraint(
        ["tenant_id", "draft_id", "position"],
        [f"{to}.tenant_id", f"{to}.draft_id", f"{to}.position"],
        name=f"fk_{table}_tenant_id_draft_id_position",
    )
