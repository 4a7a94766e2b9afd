"""Answers that are given again, and what drops them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "cached_answer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key_digest", sa.String(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        ddl.created_at(),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key_digest", name="pk_cached_answer"),
        _reference("collection_id", "collection"),
        _reference("execution_id", "execution"),
    )
    for column in ("collection_id", "execution_id", "used_at"):
        op.create_index(f"ix_cached_answer_tenant_id_{column}", "cached_answer", ["tenant_id", column])
    ddl.tenant_table("cached_answer", privileges="SELECT, INSERT, UPDATE, DELETE")
    op.execute(_DROP_CACHED_ANSWERS)
    op.execute(_ON_COLLECTION)


def _reference(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{to}.tenant_id", f"{to}.id"], name=f"fk_cached_answer_tenant_id_{column}"
    )


# With every change of what is searched or said of it, and with every document that gets an access list or loses it.
_DROP_CACHED_ANSWERS = """
    CREATE FUNCTION drop_cached_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM cached_answer WHERE tenant_id = NEW.tenant_id AND collection_id = NEW.id;
        RETURN NULL;
    END $$
"""

_ON_COLLECTION = """
    CREATE TRIGGER drop_cached_answers
    AFTER UPDATE OF index_revision, metadata_revision, restricted ON collection FOR EACH ROW
    WHEN (
        NEW.index_revision <> OLD.index_revision OR NEW.metadata_revision <> OLD.metadata_revision
        OR NEW.restricted <> OLD.restricted
    )
    EXECUTE FUNCTION drop_cached_answers()
"""
