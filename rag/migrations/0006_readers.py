"""Access lists of documents, and the policies that hide what a reader is not on the list of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mcp_engine.database import ddl

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("document", sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("collection", sa.Column("restricted", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint("ck_collection_restricted", "collection", "restricted >= 0")
    ddl.reader_table("document")
    op.execute(_COUNT_RESTRICTED)
    op.execute(_ON_DOCUMENT)
    op.execute(_SEARCHED_VERSIONS)
    _policies()


def _policies() -> None:
    """Restrict further what the tenant's policies let through.

    What belongs to a document asks for the document, and so for the one policy that reads the list. A tenant that
    has no restricted document, which a query finds out once, pays nothing more for its rows.
    """
    ddl.restrict("document", f"NOT restricted OR {ddl.IS_ENGINE} OR {ddl.is_reader('document')}")
    its_document = ddl.is_seen("document", "document_version.document_id")
    ddl.restrict("document_version", f"{_NOTHING_RESTRICTED} OR {its_document}")
    for table in ("document_original", "document_reading", "document_text", "document_indexing"):
        ddl.restrict(table, f"{_NOTHING_RESTRICTED} OR {ddl.is_seen('document_version', f'{table}.version_id')}")
    ddl.restrict("job", f"{_NOTHING_RESTRICTED} OR {ddl.IS_ENGINE} OR CASE kind {_SUBJECTS} ELSE true END")
    shows_nothing = f"({_SHOWS_NOTHING_HIDDEN} AND {_SAYS_WHAT_IT_SHOWS})"
    ddl.restrict("execution", f"{_NOTHING_RESTRICTED} OR {ddl.IS_ENGINE} OR {shows_nothing}")
    its_execution = ddl.is_seen("execution", "execution_output.execution_id")
    ddl.restrict("execution_output", f"{_NOTHING_RESTRICTED} OR {its_execution}")


# Uncorrelated, so that it is looked up once a query.
_NOTHING_RESTRICTED = f"""NOT EXISTS (
    SELECT FROM collection WHERE collection.tenant_id = {ddl.TENANT_EXPRESSION} AND collection.restricted > 0
)"""

# Messages of failed jobs name the document.
_SUBJECTS = f"""
    WHEN 'rag.index' THEN {ddl.is_seen("document_version", "job.subject_id")}
    WHEN 'rag.recheck_answers' THEN {ddl.is_seen("document", "job.subject_id")}"""

# Before `shown` was kept, an answer named what it cited and a refusal what it showed.
_SHOWS_NOTHING_HIDDEN = """NOT EXISTS (
    SELECT FROM execution_outcome AS outcome
    CROSS JOIN LATERAL unnest(
        CASE WHEN execution.kind = 'ask' THEN coalesce(outcome.shown, outcome.sources) ELSE outcome.shown END
    ) AS shown (version_id)
    WHERE outcome.tenant_id = execution.tenant_id AND outcome.execution_id = execution.id AND NOT EXISTS (
        SELECT FROM document_version AS version
        WHERE version.tenant_id = execution.tenant_id AND version.id = shown.version_id
    )
)"""

# What a model is shown of passages stands in the run's inputs. Before its end, and of one that was interrupted, nothing
# says which these are: then it is its actor's alone.
_SAYS_WHAT_IT_SHOWS = f"""(
    execution.kind NOT IN ('rerank', 'compose', 'support_judge', 'draft_question', 'hop')
    OR execution.actor_id = {ddl.PRINCIPAL_EXPRESSION}
    OR EXISTS (
        SELECT FROM execution_outcome AS outcome
        WHERE outcome.tenant_id = execution.tenant_id AND outcome.execution_id = execution.id
            AND outcome.shown IS NOT NULL
    )
)"""

_COUNT_RESTRICTED = """
    CREATE FUNCTION count_restricted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE collection SET restricted = restricted + (CASE WHEN NEW.restricted THEN 1 ELSE -1 END)
        WHERE tenant_id = NEW.tenant_id AND id = NEW.collection_id;
        RETURN NULL;
    END $$
"""

_ON_DOCUMENT = """
    CREATE TRIGGER count_restricted AFTER UPDATE OF restricted ON document FOR EACH ROW
    WHEN (NEW.restricted <> OLD.restricted) EXECUTE FUNCTION count_restricted()
"""

# Read with the engine's eyes: the vectors that a process holds are those of every reader. Ids only.
_SEARCHED_VERSIONS = f"""
    CREATE FUNCTION searched_versions(wanted uuid) RETURNS SETOF uuid LANGUAGE sql STABLE
    SET mcp_engine.principal_id = '{ddl.ENGINE}' AS $$
        SELECT version.id FROM document
        JOIN document_version AS version
            ON version.document_id = document.id AND version.number = document.searched_number
        WHERE document.collection_id = wanted
    $$
"""
