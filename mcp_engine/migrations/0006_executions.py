"""Executions: facts that never change, content that can be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _execution()
    _outcome()
    for table in ("execution_inputs", "execution_output"):
        _content(table)
    op.create_table(
        "execution_running",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", name="pk_execution_running"),
    )
    ddl.grant("execution_running", "SELECT, INSERT, DELETE")


def _execution() -> None:
    op.create_table(
        "execution",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.Column("artifact_kind", sa.String(), nullable=True),
        sa.Column("artifact_namespace", sa.String(), nullable=True),
        sa.Column("artifact_name", sa.String(), nullable=True),
        sa.Column("artifact_number", sa.Integer(), nullable=True),
        sa.Column("artifact_label", sa.String(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("version_digest", sa.String(), nullable=True),
        sa.Column("lock_digest", sa.String(), nullable=True),
        sa.Column("model_provider", sa.String(), nullable=True),
        sa.Column("model_name", sa.String(), nullable=True),
        sa.Column("model_digest", sa.String(), nullable=True),
        sa.Column("model_weights_digest", sa.String(), nullable=True),
        sa.Column("model_source_digest", sa.String(), nullable=True),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("inputs_commitment", sa.String(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_execution"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"],
            ["namespace.tenant_id", "namespace.name"],
            name="fk_execution_tenant_id_namespace",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["execution.tenant_id", "execution.id"],
            name="fk_execution_tenant_id_parent_id",
        ),
        sa.CheckConstraint("kind ~ '^[a-z][a-z0-9_]{0,63}$'", name="ck_execution_kind"),
        sa.CheckConstraint("trace_id ~ '^[0-9a-f]{32}$'", name="ck_execution_trace_id"),
    )
    for columns in (
        ("namespace", "id"),
        ("kind", "id"),
        ("artifact_name", "id"),
        ("artifact_name", "artifact_number", "id"),
        ("model_name", "id"),
        ("actor_id", "id"),
        ("parent_id",),
        ("trace_id",),
    ):
        op.create_index("_".join(("ix_execution_tenant_id", *columns)), "execution", ["tenant_id", *columns])
    ddl.tenant_table("execution")
    ddl.immutable("execution")


def _outcome() -> None:
    op.create_table(
        "execution_outcome",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("finish_reason", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("latency_first_token_ms", sa.Double(), nullable=True),
        sa.Column("latency_total_ms", sa.Double(), nullable=True),
        sa.Column("cost_usd", sa.Numeric(20, 10), nullable=True),
        sa.Column("output_commitment", sa.String(), nullable=True),
        sa.Column("sources", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "execution_id", name="pk_execution_outcome"),
        _foreign_key("execution_outcome"),
        sa.CheckConstraint("status IN ('succeeded', 'failed', 'cancelled')", name="ck_execution_outcome_status"),
        sa.CheckConstraint("(status = 'failed') = (error_code IS NOT NULL)", name="ck_execution_outcome_error"),
        sa.CheckConstraint("cardinality(sources) BETWEEN 1 AND 100", name="ck_execution_outcome_sources"),
    )
    op.create_index(
        "ix_execution_outcome_tenant_id_status_execution_id",
        "execution_outcome",
        ["tenant_id", "status", "execution_id"],
    )
    ddl.tenant_table("execution_outcome")
    ddl.immutable("execution_outcome")


def _content(table: str) -> None:
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "execution_id", name=f"pk_{table}"),
        _foreign_key(table),
        sa.CheckConstraint("octet_length(salt) = 16", name=f"ck_{table}_salt"),
    )
    ddl.tenant_table(table)
    ddl.erasable(table)


def _foreign_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "execution_id"],
        ["execution.tenant_id", "execution.id"],
        name=f"fk_{table}_tenant_id_execution_id",
    )
