"""What an upgrade makes of a database that was in use."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection, create_engine, text

from mcp_engine.database import fingerprints
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.migrate import upgrade
from mcp_engine.identifiers import new_id
from mcp_engine.server.database import migration_sources
from tests.conftest import APP_PASSWORD

_ROWS = """
    INSERT INTO tenant (id, name) VALUES (:tenant, 'before');
    INSERT INTO namespace (tenant_id, name) VALUES (:tenant, 'default');
    INSERT INTO collection (tenant_id, id, namespace, name) VALUES (:tenant, :collection, 'default', 'docs');
    INSERT INTO collection (tenant_id, id, namespace, name) VALUES (:tenant, :empty, 'default', 'empty');
    INSERT INTO document (tenant_id, id, collection_id, name, latest_number, searched_number)
        VALUES (:tenant, :changed, :collection, 'changed.md', 2, 2), (:tenant, :steady, :collection, 'steady.md', 1, 1);
    INSERT INTO document_version (tenant_id, id, document_id, number, content_sha256, bytes, digest)
        VALUES (:tenant, :old, :changed, 1, 'a', 1, 'a'), (:tenant, :new, :changed, 2, 'b', 1, 'b'),
            (:tenant, :same, :steady, 1, 'c', 1, 'c')
"""
_RUN = """
    INSERT INTO execution (tenant_id, id, namespace, kind, actor_id, parameters, inputs_commitment)
        VALUES (:tenant, :id, 'default', :kind, :tenant, '{}', 'x');
    INSERT INTO execution_outcome (tenant_id, execution_id, status, finish_reason, sources, ended_at)
        VALUES (:tenant, :id, 'succeeded', :reason, CAST(:sources AS uuid[]), now())
"""


def run(connection: Connection, statements: str, **values: Any) -> None:
    for statement in statements.split(";"):
        connection.execute(text(statement), values)


def test_what_was_indexed_and_answered_before_is_caught_up_with(postgres: EmbeddedPostgres) -> None:
    url = postgres.url(database=f"t{new_id().hex}")
    sources = migration_sources()
    rag = next(source for source in sources if source.name == "rag")
    upgrade(url, APP_PASSWORD, [source for source in sources if source.name == "core"])
    ids = {
        name: new_id() for name in ("tenant", "collection", "empty", "changed", "steady", "old", "new", "same")
    }  # fmt: skip
    asked, refused, tried = new_id(), new_id(), new_id()
    engine = create_engine(url)
    with engine.connect() as connection:
        command.upgrade(rag.config(connection), "0001")
        fingerprints.record(connection, rag.name, rag.scripts(), rag.version_table)
        connection.commit()
        run(connection, _ROWS, **ids)
        both = [ids["old"], ids["same"]]
        for one, kind, reason in ((asked, "ask", "stop"), (refused, "ask", "refused"), (tried, "evaluation", "stop")):
            run(connection, _RUN, id=one, tenant=ids["tenant"], kind=kind, reason=reason, sources=both)
        connection.commit()
    upgrade(url, APP_PASSWORD, sources)
    upgrade(url, APP_PASSWORD, sources)
    with engine.connect() as connection:
        citing = connection.execute(text("SELECT version_id, execution_id FROM citing_answer"))
        assert {tuple(row) for row in citing} == {(ids["old"], asked), (ids["same"], asked)}
        queued = "SELECT job.kind, subject_id, namespace, state FROM job JOIN job_outbox ON job_id = id ORDER BY 1"
        assert [tuple(row) for row in connection.execute(text(queued))] == [
            ("rag.recheck_answers", ids["changed"], "default", "queued"),
            ("rag.sign_documents", ids["collection"], "default", "queued"),
        ]
    engine.dispose()
