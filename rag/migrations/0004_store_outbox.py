"""What a vector store that follows the index has not heard of yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "store_outbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("stale_collection_id", sa.Uuid(), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_store_outbox"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["document_version.tenant_id", "document_version.id"],
            name="fk_store_outbox_tenant_id_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stale_collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="fk_store_outbox_tenant_id_stale_collection_id",
        ),
    )
    op.create_index("ix_store_outbox_tenant_id_number", "store_outbox", ["tenant_id", "number"])
    op.create_index(
        "ix_store_outbox_tenant_id_stale_collection_id",
        "store_outbox",
        ["tenant_id", "stale_collection_id"],
        postgresql_where=sa.text("stale_collection_id IS NOT NULL"),
    )
    op.execute("CREATE SEQUENCE store_outbox_number AS bigint")
    op.execute(f"GRANT USAGE ON SEQUENCE store_outbox_number TO {ddl.APP_ROLE}")
    ddl.tenant_table("store_outbox", privileges="SELECT, INSERT, UPDATE, DELETE")
