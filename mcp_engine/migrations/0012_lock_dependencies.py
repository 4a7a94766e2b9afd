"""Which versions a lock pins, to be found by version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "artifact_lock_dependency",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lock_digest", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "lock_digest", "reference", name="pk_artifact_lock_dependency"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lock_digest"],
            ["artifact_lock.tenant_id", "artifact_lock.digest"],
            name="fk_artifact_lock_dependency_tenant_id_lock_digest",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["artifact_version.tenant_id", "artifact_version.id"],
            name="fk_artifact_lock_dependency_tenant_id_version_id",
        ),
    )
    op.create_index("ix_artifact_lock_dependency_version", "artifact_lock_dependency", ["tenant_id", "version_id"])
    ddl.tenant_table("artifact_lock_dependency")
    ddl.immutable("artifact_lock_dependency")
