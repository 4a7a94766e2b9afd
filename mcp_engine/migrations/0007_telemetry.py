"""Telemetry: finished spans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "span",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("span_id", sa.String(), nullable=False),
        sa.Column("parent_span_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attributes", JSONB(), nullable=False),
        sa.Column("events", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "trace_id", "span_id", name="pk_span"),
        sa.CheckConstraint("trace_id ~ '^[0-9a-f]{32}$' AND span_id ~ '^[0-9a-f]{16}$'", name="ck_span_ids"),
        sa.CheckConstraint("status IN ('unset', 'ok', 'error')", name="ck_span_status"),
    )
    op.create_index("ix_span_tenant_id_started_at", "span", ["tenant_id", "started_at"])
    ddl.tenant_table("span", privileges="SELECT, INSERT, DELETE")
