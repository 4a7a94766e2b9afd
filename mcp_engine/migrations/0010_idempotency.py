"""Idempotency: which request made what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key_digest", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "key_digest", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_tenant_id_created_at", "idempotency_key", ["tenant_id", "created_at"])
    ddl.tenant_table("idempotency_key", privileges="SELECT, INSERT, UPDATE, DELETE")
