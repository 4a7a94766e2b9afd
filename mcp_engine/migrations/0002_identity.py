"""Identity: tenants, namespaces, principals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        ddl.created_at(),
        sa.UniqueConstraint("name"),
    )
    ddl.grant("tenant", "SELECT, INSERT")
    op.create_table(
        "namespace",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        ddl.created_at(),
    )
    ddl.tenant_table("namespace")
    op.create_table(
        "principal",
        sa.Column("tenant_id", sa.Uuid(), sa.ForeignKey("tenant.id"), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        ddl.created_at(),
        sa.UniqueConstraint("tenant_id", "name"),
    )
    ddl.tenant_table("principal", privileges="SELECT, INSERT, UPDATE")
