"""Which embedder made a collection's index, and tables in which another index is made beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mcp_engine.database import ddl

revision = "0005"
down_revision = "0004"

BUNDLED, DIMENSIONS = "all-minilm-l6-v2-int8", 384
_READ_FOR_DIGESTS = ("collection", "document", "document_version", "document_reading")


def upgrade() -> None:
    op.add_column("collection", sa.Column("embedder", sa.String(), nullable=True))
    op.add_column("collection", sa.Column("embedder_digest", sa.String(), nullable=True))
    op.add_column("collection", sa.Column("dimensions", sa.Integer(), nullable=True))
    op.add_column(
        "collection", sa.Column("index_id", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()"))
    )
    _note_the_bundled()
    op.create_check_constraint(
        "ck_collection_embedder",
        "collection",
        "num_nulls(embedder, embedder_digest, dimensions) IN (0, 3)",
    )
    # Another embedder has other dimensions. What is searched together has the same.
    op.execute("ALTER TABLE chunk ALTER COLUMN embedding TYPE vector")
    _reindexing()
    _staged()
    op.create_table(
        "version_cutting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("chunking", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_version_cutting"),
        ddl.reference("version_cutting", "version_id", "document_version"),
    )
    ddl.tenant_table("version_cutting", privileges="SELECT, INSERT, UPDATE")


def _note_the_bundled() -> None:
    """Every index so far was made by the bundled model; its digest stands in each reading."""
    for table in _READ_FOR_DIGESTS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        f"""
        UPDATE collection SET embedder = '{BUNDLED}', dimensions = {DIMENSIONS}, embedder_digest = found.digest
        FROM (
            SELECT document.tenant_id, document.collection_id, max(reading.embedder_digest) AS digest
            FROM document
            JOIN document_version AS version
                ON version.tenant_id = document.tenant_id AND version.document_id = document.id
                AND version.number = document.searched_number
            JOIN document_reading AS reading
                ON reading.tenant_id = version.tenant_id AND reading.version_id = version.id
            GROUP BY document.tenant_id, document.collection_id
        ) AS found
        WHERE collection.tenant_id = found.tenant_id AND collection.id = found.collection_id
        """
    )
    for table in _READ_FOR_DIGESTS:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _reindexing() -> None:
    op.create_table(
        "reindexing",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("embedder", sa.String(), nullable=False),
        sa.Column("embedder_digest", sa.String(), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("chunking", JSONB(), nullable=False),
        sa.Column("strategy_digest", sa.String(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=True),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=True),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_reindexing"),
        ddl.reference("reindexing", "collection_id", "collection"),
    )
    op.create_index("ix_reindexing_tenant_id_collection_id_id", "reindexing", ["tenant_id", "collection_id", "id"])
    ddl.tenant_table("reindexing")
    ddl.grant("reindexing", "UPDATE (documents, switched_at)")


def _staged() -> None:
    key = ("tenant_id", "reindexing_id", "version_id")

    def columns() -> list[sa.Column[object]]:
        return [sa.Column(name, sa.Uuid(), nullable=False) for name in key]

    op.create_table(
        "staged_version",
        *columns(),
        sa.PrimaryKeyConstraint(*key, name="pk_staged_version"),
        ddl.reference("staged_version", "reindexing_id", "reindexing"),
    )
    op.create_table(
        "staged_chunk",
        *columns(),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("siblings", ARRAY(sa.Integer()), nullable=True),
        sa.Column("embedding", Vector(), nullable=False),
        sa.Column("starts", ARRAY(sa.Integer()), nullable=False),
        sa.Column("ends", ARRAY(sa.Integer()), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*key, "ordinal", name="pk_staged_chunk"),
        ddl.reference("staged_chunk", "reindexing_id", "reindexing"),
    )
    op.create_table(
        "staged_posting",
        *columns(),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*key, "term", name="pk_staged_posting"),
        ddl.reference("staged_posting", "reindexing_id", "reindexing"),
    )
    for table in ("staged_version", "staged_chunk", "staged_posting"):
        ddl.tenant_table(table, privileges="SELECT, INSERT, DELETE")
