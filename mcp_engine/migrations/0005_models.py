"""Models: the configured providers of each tenant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mcp_engine.database import ddl

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "model_provider",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.Column("sealed_credential", sa.LargeBinary(), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_model_provider"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_model_provider_tenant_id"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_model_provider_tenant_id_name"),
        sa.CheckConstraint("kind = 'openai'", name="ck_model_provider_kind"),
        sa.CheckConstraint("base_url ~* '^https?://'", name="ck_model_provider_base_url"),
    )
    ddl.tenant_table("model_provider", privileges="SELECT, INSERT, DELETE")
