"""Migrations: from empty to head, in step with the models, and never backwards."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.migrate import CORE, upgrade
from mcp_engine.errors import Refused
from mcp_engine.server.compose import import_tables
from mcp_engine.server.database import migration_sources
from tests.conftest import APP_PASSWORD


def test_models_and_migrations_agree(owner_url: str) -> None:
    import_tables()
    tables = set(SQLModel.metadata.tables)
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _parents: kind != "table" or not name.startswith("schema_version_"),
            },
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    assert len(tables) > 10


def test_every_table_with_a_tenant_forces_row_level_security(owner_url: str) -> None:
    unprotected = """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relkind = 'r' AND n.nspname = 'public' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    """
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        # These hold ids only, for processes that must find work before they know its tenant.
        found = set(connection.execute(text(unprotected)).scalars())
        assert found == {"job_outbox", "execution_running", "experiment_running", "source_schedule"}
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_untouched(postgres: EmbeddedPostgres, fresh_owner_url: str) -> None:
    engine = create_engine(fresh_owner_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_version_core SET version_num = '9999'"))
    with pytest.raises(Refused, match="core:9999"):
        upgrade(fresh_owner_url, APP_PASSWORD, [CORE])
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM schema_version_core")) == "9999"
    engine.dispose()


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE schema_version_files SET sha256 = 'of another file' WHERE source = 'core' AND revision = '0003'",
        "DROP TABLE schema_version_files",
    ],
)
def test_a_database_that_other_migrations_made_is_refused_untouched(fresh_owner_url: str, edit: str) -> None:
    engine = create_engine(fresh_owner_url)
    with engine.begin() as connection:
        connection.execute(text(edit))
    with pytest.raises(Refused, match=r"core: .*0003") as refused:
        upgrade(fresh_owner_url, APP_PASSWORD, [CORE])
    assert refused.value.code == "database.other_migrations"
    with pytest.raises(Refused, match=r"core: .*0003"):
        upgrade(fresh_owner_url, APP_PASSWORD, [CORE])
    engine.dispose()


def test_upgrading_twice_changes_nothing(fresh_owner_url: str) -> None:
    upgrade(fresh_owner_url, APP_PASSWORD, migration_sources())
