"""Signatures that find duplicates, and what is known about the citations of answers whose documents changed.

What was indexed before gets its signatures from durable jobs that are queued here, and answers that cite what is
searched no more are looked at in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl
from mcp_engine.identifiers import new_id

revision = "0002"
down_revision = "0001"

ENGINE = UUID(int=0)
SIGN, RECHECK = "rag.sign_documents", "rag.recheck_answers"
_FILLED_FROM = (
    "execution", "execution_outcome", "citing_answer", "collection", "document", "document_version", "job",
)  # fmt: skip


def upgrade() -> None:
    _duplicates()
    _citing_answers()
    _support()
    with _seen_by_the_owner():
        op.execute(_CITING_BEFORE)
        _enqueue(SIGN, _COLLECTIONS)
        _enqueue(RECHECK, _DOCUMENTS)


def _duplicates() -> None:
    op.create_table(
        "duplicate_group",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_duplicate_group"),
        ddl.reference("duplicate_group", "collection_id", "collection"),
    )
    op.create_index(
        "ix_duplicate_group_tenant_id_collection_id_id", "duplicate_group", ["tenant_id", "collection_id", "id"]
    )
    op.create_table(
        "document_signature",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("minhash", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", name="pk_document_signature"),
        ddl.reference("document_signature", "version_id", "document_version"),
        ddl.reference("document_signature", "group_id", "duplicate_group"),
        sa.CheckConstraint("octet_length(minhash) IN (0, 512)", name="ck_document_signature_minhash"),
    )
    for name, columns in (
        ("content", ("collection_id", "content_sha256")),
        ("text", ("collection_id", "text_sha256")),
        ("group", ("group_id", "version_id")),
    ):
        op.create_index(f"ix_document_signature_{name}", "document_signature", ["tenant_id", *columns])
    op.create_table(
        "signature_band",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "collection_id", "bucket", "version_id", name="pk_signature_band"),
        ddl.reference("signature_band", "version_id", "document_version"),
    )
    op.create_index("ix_signature_band_tenant_id_version_id", "signature_band", ["tenant_id", "version_id"])
    for table in ("duplicate_group", "document_signature"):
        ddl.tenant_table(table, privileges="SELECT, INSERT, UPDATE, DELETE")
    ddl.tenant_table("signature_band", privileges="SELECT, INSERT, DELETE")


def _citing_answers() -> None:
    """Keep which answer cites which version: in the transaction of the outcome, and the core needs to know nothing."""
    op.create_table(
        "citing_answer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", "execution_id", name="pk_citing_answer"),
        ddl.reference("citing_answer", "execution_id", "execution"),
    )
    ddl.tenant_table("citing_answer")
    op.execute(_NOTE_CITING_ANSWER)
    op.execute(_ON_OUTCOME)


def _support() -> None:
    op.create_table(
        "citation_support",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=True),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "execution_id", "n", name="pk_citation_support"),
        ddl.reference("citation_support", "execution_id", "execution"),
        ddl.reference("citation_support", "document_id", "document"),
        sa.CheckConstraint("standing IN ('verbatim', 'nearly', 'gone')", name="ck_citation_support_standing"),
        sa.CheckConstraint("(standing = 'gone') = (start IS NULL)", name="ck_citation_support_place"),
    )
    for name, column in (("collection", "collection_id"), ("document", "document_id")):
        columns = ["tenant_id", column, "standing", "execution_id"]
        op.create_index(f"ix_citation_support_{name}", "citation_support", columns)
    ddl.tenant_table("citation_support", privileges="SELECT, INSERT, UPDATE, DELETE")
    op.create_table(
        "asked_again",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("again_id", sa.Uuid(), nullable=False),
        ddl.created_at(),
        sa.PrimaryKeyConstraint("tenant_id", "execution_id", name="pk_asked_again"),
        ddl.reference("asked_again", "execution_id", "execution"),
        ddl.reference("asked_again", "again_id", "execution"),
    )
    ddl.tenant_table("asked_again")


@contextmanager
def _seen_by_the_owner() -> Iterator[None]:
    """Let the owner see the rows of all tenants, also where it is no superuser; nobody else is let in meanwhile."""
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in _FILLED_FROM:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _enqueue(kind: str, subjects: str) -> None:
    """Queue a job for each subject, as `JobService.enqueue` does."""
    connection = op.get_bind()
    for row in connection.execute(sa.text(subjects)).all():
        values = {
            "tenant_id": row.tenant_id, "id": new_id(), "kind": kind, "subject_id": row.subject_id,
            "actor_id": ENGINE, "namespace": row.namespace,
        }  # fmt: skip
        connection.execute(_INSERT_JOB, values)
        connection.execute(_INSERT_DUE, values)


_NOTE_CITING_ANSWER = """
    CREATE FUNCTION note_citing_answer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO citing_answer (tenant_id, version_id, execution_id)
        SELECT NEW.tenant_id, source, NEW.execution_id FROM unnest(NEW.sources) AS source
        WHERE EXISTS (
            SELECT FROM execution
            WHERE execution.tenant_id = NEW.tenant_id AND execution.id = NEW.execution_id AND execution.kind = 'ask'
        )
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
"""

# A refusal names the passages that it shows as its sources, and cites nothing.
_ON_OUTCOME = """
    CREATE TRIGGER citing_answer AFTER INSERT ON execution_outcome FOR EACH ROW
    WHEN (NEW.sources IS NOT NULL AND NEW.status = 'succeeded' AND NEW.finish_reason = 'stop')
    EXECUTE FUNCTION note_citing_answer()
"""

_CITING_BEFORE = """
    INSERT INTO citing_answer (tenant_id, version_id, execution_id)
    SELECT DISTINCT outcome.tenant_id, source, outcome.execution_id
    FROM execution_outcome AS outcome
    JOIN execution ON execution.tenant_id = outcome.tenant_id AND execution.id = outcome.execution_id
    CROSS JOIN LATERAL unnest(outcome.sources) AS source
    WHERE execution.kind = 'ask' AND outcome.status = 'succeeded' AND outcome.finish_reason = 'stop'
"""

_COLLECTIONS = """
    SELECT tenant_id, id AS subject_id, namespace FROM collection
    WHERE EXISTS (
        SELECT FROM document WHERE document.tenant_id = collection.tenant_id
            AND document.collection_id = collection.id AND document.searched_number IS NOT NULL
    )
    ORDER BY id
"""

_DOCUMENTS = """
    SELECT DISTINCT document.tenant_id, document.id AS subject_id, collection.namespace
    FROM citing_answer AS citing
    JOIN document_version AS version ON version.tenant_id = citing.tenant_id AND version.id = citing.version_id
    JOIN document ON document.tenant_id = version.tenant_id AND document.id = version.document_id
    JOIN collection ON collection.tenant_id = document.tenant_id AND collection.id = document.collection_id
    WHERE version.number IS DISTINCT FROM document.searched_number
    ORDER BY document.id
"""

_INSERT_JOB = sa.text(
    "INSERT INTO job (tenant_id, id, kind, subject_id, actor_id, namespace) "
    "VALUES (:tenant_id, :id, :kind, :subject_id, :actor_id, :namespace)"
)
_INSERT_DUE = sa.text(
    "INSERT INTO job_outbox (job_id, tenant_id, kind, dispatch) "
    "VALUES (:id, :tenant_id, :kind, nextval('job_hand_over'))"
)
