"""What each applied migration said, so that a database which others of the same names made is refused.

A released migration never changes. One that is edited all the same, or that a development state left half of,
would else show as errors of single queries long after the start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, text

from mcp_engine.errors import Refused

_TABLE = "schema_version_files"


def refuse_edited(connection: Connection, source: str, scripts: ScriptDirectory, version_table: str) -> None:
    """Compare the migrations that made a database with those of this release.

    Raises:
        Refused: `database.other_migrations` when one of them was another, or none of them is on record.
    """
    recorded: dict[str, str] = {}
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"public.{_TABLE}"}) is not None:
        rows = connection.execute(
            text(f"SELECT revision, sha256 FROM {_TABLE} WHERE source = :source"),  # noqa: S608 (a constant)
            {"source": source},
        )
        recorded = {row.revision: row.sha256 for row in rows}
    edited = [
        script.revision
        for script in _applied(connection, scripts, version_table)
        if recorded.get(script.revision) != _sha256(script)
    ]
    if edited:
        raise Refused(
            "database.other_migrations",
            f"This data was written by another development state of MCP Engine (schema {source}: "
            f"{', '.join(sorted(edited))}). Start that one, make a new folder with MCP_ENGINE_HOME, or remove "
            "this one with `mcp-engine clean-data`. Nothing was changed.",
        )


def record(connection: Connection, source: str, scripts: ScriptDirectory, version_table: str) -> None:
    """Keep the digest of every migration that has been applied."""
    connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {_TABLE} "
            "(source text NOT NULL, revision text NOT NULL, sha256 text NOT NULL, PRIMARY KEY (source, revision))"
        )
    )
    rows = [
        {"source": source, "revision": script.revision, "sha256": _sha256(script)}
        for script in _applied(connection, scripts, version_table)
    ]
    if rows:
        insert = f"INSERT INTO {_TABLE} VALUES (:source, :revision, :sha256) ON CONFLICT DO NOTHING"  # noqa: S608
        connection.execute(text(insert), rows)


def _applied(connection: Connection, scripts: ScriptDirectory, version_table: str) -> Iterable[Script]:
    context = MigrationContext.configure(connection, opts={"version_table": version_table})
    heads = context.get_current_heads()
    return scripts.iterate_revisions(heads, "base") if heads else ()


def _sha256(script: Script) -> str:
    with Path(script.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
