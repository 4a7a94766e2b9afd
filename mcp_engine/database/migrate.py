"""Bring a database to the present schema: roles, then each source's own line of migrations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import URL, Connection, create_engine, make_url, text

from mcp_engine.database import fingerprints
from mcp_engine.database.ddl import APP_ROLE
from mcp_engine.errors import Refused

_LOCK = 0x6D637065  # any constant: two starting processes must not migrate at once
_ENVIRONMENT = Path(__file__).parent / "alembic"


@dataclass(frozen=True, slots=True)
class MigrationSource:
    """A line of migrations with a version table of its own.

    Args:
        name: `core` or the component's name; the version table is `schema_version_<name>`.
        folder: the folder of revision files.
    """

    name: str
    folder: Path

    @property
    def version_table(self) -> str:
        return f"schema_version_{self.name}"

    def config(self, connection: Connection | None = None) -> Config:
        config = Config()
        config.set_main_option("script_location", str(_ENVIRONMENT))
        config.set_main_option("version_locations", str(self.folder))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        config.attributes["version_table"] = self.version_table
        return config

    def scripts(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self.config())


CORE = MigrationSource("core", Path(__file__).parents[1] / "migrations")


def upgrade(owner_url: str | URL, app_password: str, sources: Iterable[MigrationSource]) -> None:
    """Make the database and the application role when missing, then run every pending migration.

    One transaction a source, under an advisory lock: a failed upgrade leaves the old schema.

    Raises:
        Refused: `database.from_newer_version` when the database holds revisions this release doesn't
            know, `database.other_migrations` when it was made by migrations that have been edited since;
            nothing has been touched then.
    """
    url = make_url(owner_url)
    _ensure_database(url)
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            lines = [(source, source.scripts()) for source in sources]
            for source, scripts in lines:
                _refuse_newer(connection, source, scripts)
                fingerprints.refuse_edited(connection, source.name, scripts, source.version_table)
                connection.rollback()
            _ensure_app_role(connection, app_password)
            connection.commit()
            for source, scripts in lines:
                command.upgrade(source.config(connection), "head")
                fingerprints.record(connection, source.name, scripts, source.version_table)
                connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    finally:
        engine.dispose()


def app_url(owner_url: str | URL, app_password: str) -> URL:
    """Return the URL of the application role in the owner's database."""
    return make_url(owner_url).set(username=APP_ROLE, password=app_password)


def _ensure_database(url: URL) -> None:
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database}):
                connection.exec_driver_sql(_quoted(connection, "CREATE DATABASE {}", sql.Identifier(str(url.database))))
    finally:
        engine.dispose()


def _ensure_app_role(connection: Connection, password: str) -> None:
    exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": APP_ROLE})
    verb = "ALTER" if exists else "CREATE"
    statement = f"{verb} ROLE {{}} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {{}}"
    connection.exec_driver_sql(_quoted(connection, statement, sql.Identifier(APP_ROLE), sql.Literal(password)))


def _quoted(connection: Connection, statement: str, *parts: sql.Composable) -> str:
    driver = connection.connection.driver_connection
    return sql.SQL(statement).format(*parts).as_string(driver).replace("%", "%%")  # type: ignore[arg-type]


def _refuse_newer(connection: Connection, source: MigrationSource, scripts: ScriptDirectory) -> None:
    context = MigrationContext.configure(connection, opts={"version_table": source.version_table})
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = set(context.get_current_heads()) - known
    if unknown:
        raise Refused(
            "database.from_newer_version",
            "This data was written by a newer version of MCP Engine "
            f"(schema {source.name}:{', '.join(sorted(unknown))}). "
            "Install that version, or restore a backup made by this one. Nothing was changed.",
        )
