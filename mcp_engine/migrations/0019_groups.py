"""Groups of principals, and which documents' text an execution's output holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    _groups()
    op.add_column("execution_outcome", sa.Column("shown", sa.ARRAY(sa.Uuid()), nullable=True))


def _groups() -> None:
    op.create_table(
        "principal_group",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_principal_group"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_principal_group_tenant_id_name"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_principal_group_tenant_id"),
    )
    ddl.tenant_table("principal_group", privileges="SELECT, INSERT, DELETE")
    op.create_table(
        "group_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", "principal_id", name="pk_group_member"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "group_id"],
            ["principal_group.tenant_id", "principal_group.id"],
            name="fk_group_member_tenant_id_group_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "principal_id"],
            ["principal.tenant_id", "principal.id"],
            name="fk_group_member_tenant_id_principal_id",
        ),
    )
    op.create_index("ix_group_member_tenant_id_principal_id", "group_member", ["tenant_id", "principal_id"])
    ddl.tenant_table("group_member", privileges="SELECT, INSERT, DELETE")
