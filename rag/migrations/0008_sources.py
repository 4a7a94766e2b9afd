"""Sources of documents, their runs and what they hold, and which document came from which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mcp_engine.database import ddl

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _source()
    _run()
    _item()
    _schedule()
    _readers()
    op.add_column("document", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_document_tenant_id_source_id", "document", "source", ["tenant_id", "source_id"], ["tenant_id", "id"]
    )
    op.create_index("ix_document_tenant_id_source_id", "document", ["tenant_id", "source_id"])


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("sealed_credential", sa.LargeBinary(), nullable=True),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("include", ARRAY(sa.String()), nullable=False),
        sa.Column("exclude", ARRAY(sa.String()), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("remove_gone", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_source"),
        ddl.reference("source", "collection_id", "collection"),
    )
    op.create_index(
        "uq_source_tenant_id_collection_id_name", "source", ["tenant_id", "collection_id", "name"], unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )  # fmt: skip
    ddl.tenant_table("source")
    changed = (
        "name, settings, sealed_credential, prefix, include, exclude, every_seconds, remove_gone, paused, restricted"
    )
    ddl.grant("source", f"UPDATE ({changed}, state, removed_at)")


def _run() -> None:
    counts = ("added", "changed", "unchanged", "removed", "failed")
    op.create_table(
        "source_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in counts),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_source_run"),
        ddl.reference("source_run", "source_id", "source"),
    )
    op.create_index("ix_source_run_tenant_id_source_id_id", "source_run", ["tenant_id", "source_id", "id"])
    ddl.tenant_table("source_run")
    ddl.grant("source_run", f"UPDATE ({', '.join(counts)}, ended_at)")


def _item() -> None:
    op.create_table(
        "source_item",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "source_id", "name", name="pk_source_item"),
        ddl.reference("source_item", "source_id", "source"),
        ddl.reference("source_item", "document_id", "document"),
    )
    op.create_index("ix_source_item_tenant_id_document_id", "source_item", ["tenant_id", "document_id"])
    ddl.tenant_table("source_item", privileges="SELECT, INSERT, UPDATE, DELETE")


def _schedule() -> None:
    """Ids and times only, of all tenants, so that it may stand outside row-level security."""
    op.create_table(
        "source_schedule",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name="pk_source_schedule"),
    )
    op.create_index("ix_source_schedule_due_at", "source_schedule", ["due_at"])
    ddl.grant("source_schedule", "SELECT, INSERT, UPDATE, DELETE")


def _readers() -> None:
    """Who alone sees a restricted source with its runs and items, as `document_reader` says it of documents.

    Also the job of a run: the message of one that failed says where the source is.
    """
    ddl.reader_table("source")
    ddl.restrict("source", f"NOT restricted OR {ddl.IS_ENGINE} OR {ddl.is_reader('source')}")
    for table in ("source_run", "source_item"):
        seen = f"source_id IN (SELECT one.id FROM source AS one WHERE one.tenant_id = {ddl.TENANT_EXPRESSION})"
        ddl.restrict(table, f"{ddl.IS_ENGINE} OR {seen}")
    its_run = ddl.is_seen("source_run", "job.subject_id")
    ddl.restrict("job", f"kind <> 'rag.sync' OR {ddl.IS_ENGINE} OR {its_run}", to="source_readers")
