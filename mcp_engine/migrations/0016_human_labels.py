"""What people say of outputs, beside what judges said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "human_label",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scorer", sa.String(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_human_label"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "evaluation_id", "position"],
            ["evaluation_item.tenant_id", "evaluation_item.evaluation_id", "evaluation_item.position"],
            name="fk_human_label_tenant_id_evaluation_id_position",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "execution_id"],
            ["execution.tenant_id", "execution.id"],
            name="fk_human_label_tenant_id_execution_id",
        ),
    )
    op.create_index(
        "ix_human_label_tenant_id_scorer_execution_id", "human_label", ["tenant_id", "scorer", "execution_id"]
    )
    ddl.tenant_table("human_label")
    ddl.immutable("human_label")
