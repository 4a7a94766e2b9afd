"""Rows of datasets: which ones a version has never changes, what they hold can be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "dataset_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("inputs_digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name="pk_dataset_row"),
    )
    op.create_table(
        "dataset_row_content",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("row_digest", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "row_digest", name="pk_dataset_row_content"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "row_digest"],
            ["dataset_row.tenant_id", "dataset_row.digest"],
            name="fk_dataset_row_content_tenant_id_row_digest",
        ),
    )
    op.create_table(
        "dataset_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row_digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", "split", "position", name="pk_dataset_member"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["artifact_version.tenant_id", "artifact_version.id"],
            name="fk_dataset_member_tenant_id_version_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "row_digest"],
            ["dataset_row.tenant_id", "dataset_row.digest"],
            name="fk_dataset_member_tenant_id_row_digest",
        ),
    )
    op.create_index("ix_dataset_member_tenant_id_row_digest", "dataset_member", ["tenant_id", "row_digest"])
    for table in ("dataset_row", "dataset_row_content", "dataset_member"):
        ddl.tenant_table(table)
    ddl.immutable("dataset_row")
    ddl.immutable("dataset_member")
    ddl.erasable("dataset_row_content")
