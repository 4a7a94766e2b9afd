"""Telemetry: the course of the server's metrics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "metric_sample",
        sa.Column("width_seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("measured", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("width_seconds", "at", "server", name="pk_metric_sample"),
    )
    ddl.grant("metric_sample", "SELECT, INSERT, DELETE")
