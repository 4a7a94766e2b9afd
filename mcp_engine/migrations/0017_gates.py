"""Releases that were asked for, approvals, and the error budgets of sealed rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    _request()
    _decision()
    _approval()
    _ledger()
    _look()
    for table in (
        "release_request", "release_decision", "release_approval", "alpha_ledger", "alpha_ledger_member", "alpha_look",
        "alpha_spend",
    ):  # fmt: skip
        ddl.tenant_table(table)
        ddl.immutable(table)


def _request() -> None:
    op.create_table(
        "release_request",
        *_identity("release_request"),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("artifact_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("lock_digest", sa.String(), nullable=False),
        sa.Column("baseline_version_id", sa.Uuid(), nullable=True),
        sa.Column("baseline_lock_digest", sa.String(), nullable=True),
        sa.Column("gates", JSONB(), nullable=False),
        sa.Column("requirements", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"],
            ["namespace.tenant_id", "namespace.name"],
            name="fk_release_request_tenant_id_namespace",
        ),
        ddl.reference("release_request", "artifact_id", "artifact"),
        ddl.reference("release_request", "version_id", "artifact_version"),
        ddl.reference("release_request", "baseline_version_id", "artifact_version"),
    )
    op.create_index(
        "ix_release_request_tenant_id_artifact_id_label_id",
        "release_request",
        ["tenant_id", "artifact_id", "label", "id"],
    )
    op.create_index("ix_release_request_tenant_id_namespace_id", "release_request", ["tenant_id", "namespace", "id"])


def _decision() -> None:
    op.create_table(
        "release_decision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("verdicts", JSONB(), nullable=False),
        sa.Column("look_id", sa.Uuid(), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", name="pk_release_decision"),
        ddl.reference("release_decision", "request_id", "release_request"),
    )


def _approval() -> None:
    op.create_table(
        "release_approval",
        *_identity("release_approval"),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        ddl.reference("release_approval", "request_id", "release_request"),
    )
    op.create_index(
        "ix_release_approval_tenant_id_request_id_id", "release_approval", ["tenant_id", "request_id", "id"]
    )


def _ledger() -> None:
    op.create_table(
        "alpha_ledger",
        *_identity("alpha_ledger"),
        sa.Column("budget", sa.Double(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        ddl.created_at(),
    )
    op.create_table(
        "alpha_ledger_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("inputs_digest", sa.String(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "inputs_digest", name="pk_alpha_ledger_member"),
        ddl.reference("alpha_ledger_member", "ledger_id", "alpha_ledger"),
    )
    op.create_index("ix_alpha_ledger_member_tenant_id_ledger_id", "alpha_ledger_member", ["tenant_id", "ledger_id"])


def _look() -> None:
    op.create_table(
        "alpha_look",
        *_identity("alpha_look"),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("question_digest", sa.String(), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        ddl.created_at(),
        ddl.reference("alpha_look", "request_id", "release_request"),
    )
    op.create_index("ix_alpha_look_tenant_id_question_digest", "alpha_look", ["tenant_id", "question_digest"])
    op.create_table(
        "alpha_spend",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("look_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "ledger_id", "look_id", name="pk_alpha_spend"),
        ddl.reference("alpha_spend", "ledger_id", "alpha_ledger"),
        ddl.reference("alpha_spend", "look_id", "alpha_look"),
    )


def _identity(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
    )
