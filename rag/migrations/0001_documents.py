"""Documents, their versions, and the index that search reads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mcp_engine.database import ddl

revision = "0001"
down_revision = None

DIMENSIONS = 384


def upgrade() -> None:
    _collections()
    _versions()
    _content()
    _indexing()
    _index()


def _collections() -> None:
    op.create_table(
        "collection",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("chunks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("terms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("index_revision", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("metadata_revision", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_collection"),
        sa.UniqueConstraint("tenant_id", "namespace", "name", name="uq_collection_tenant_id_namespace_name"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "namespace"],
            ["namespace.tenant_id", "namespace.name"],
            name="fk_collection_tenant_id_namespace",
        ),
        sa.CheckConstraint("chunks >= 0 AND terms >= 0", name="ck_collection_counters"),
    )
    ddl.tenant_table("collection", privileges="SELECT, INSERT, UPDATE")
    op.create_table(
        "document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("latest_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("searched_number", sa.Integer(), nullable=True),
        sa.Column("removed_through", sa.Integer(), server_default="0", nullable=False),
        sa.Column("metadata", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_document"),
        sa.UniqueConstraint("tenant_id", "collection_id", "name", name="uq_document_tenant_id_collection_id_name"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="fk_document_tenant_id_collection_id",
        ),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name="ck_document_metadata"),
    )
    ddl.tenant_table("document", privileges="SELECT, INSERT, UPDATE")


def _versions() -> None:
    op.create_table(
        "document_version",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_document_version"),
        sa.UniqueConstraint(
            "tenant_id", "document_id", "number", name="uq_document_version_tenant_id_document_id_number"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name="fk_document_version_tenant_id_document_id",
        ),
        sa.CheckConstraint("number > 0", name="ck_document_version_number"),
    )
    ddl.tenant_table("document_version")
    ddl.immutable("document_version")
    op.create_table(
        "document_reading",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("parser", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("unread_pages", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("terms", sa.BigInteger(), nullable=False),
        sa.Column("embedder_digest", sa.String(), nullable=False),
        sa.Column("strategy_digest", sa.String(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_document_reading"),
        _of_version("document_reading"),
    )
    ddl.tenant_table("document_reading")
    ddl.immutable("document_reading")


def _content() -> None:
    op.create_table(
        "document_original",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_document_original"),
        _of_version("document_original"),
    )
    op.create_table(
        "document_text",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("pages", JSONB(), nullable=False),
        sa.Column("lines", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_document_text"),
        _of_version("document_text"),
    )
    for table in ("document_original", "document_text"):
        ddl.tenant_table(table)
        ddl.erasable(table)
    # Most originals are compressed already (PDF, DOCX): a second compression costs time and gains nothing.
    op.execute("ALTER TABLE document_original ALTER COLUMN content SET STORAGE EXTERNAL")


def _indexing() -> None:
    op.create_table(
        "document_indexing",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_document_indexing"),
        _of_version("document_indexing"),
        sa.CheckConstraint("state IN ('queued', 'indexed', 'failed')", name="ck_document_indexing_state"),
    )
    ddl.tenant_table("document_indexing", privileges="SELECT, INSERT, UPDATE")


def _index() -> None:
    """What only repeats content in another form: rows go when another version is searched."""
    op.create_table(
        "chunk",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("embedding", Vector(DIMENSIONS), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", "ordinal", name="pk_chunk"),
        _of_version("chunk"),
    )
    op.create_index("ix_chunk_tenant_id_collection_id", "chunk", ["tenant_id", "collection_id"])
    # Beside the chunk, not in it: an exact scan then reads only what it compares.
    op.create_table(
        "chunk_sentences",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("starts", ARRAY(sa.Integer()), nullable=False),
        sa.Column("ends", ARRAY(sa.Integer()), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", "ordinal", name="pk_chunk_sentences"),
        _of_version("chunk_sentences"),
    )
    op.create_table(
        "posting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "collection_id", "term", "version_id", name="pk_posting"),
        _of_version("posting"),
    )
    op.create_index("ix_posting_tenant_id_version_id", "posting", ["tenant_id", "version_id"])
    for table in ("chunk", "chunk_sentences", "posting"):
        ddl.tenant_table(table, privileges="SELECT, INSERT, DELETE")


def _of_version(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "version_id"],
        ["document_version.tenant_id", "document_version.id"],
        name=f"fk_{table}_tenant_id_version_id",
    )
