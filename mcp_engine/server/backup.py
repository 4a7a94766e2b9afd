"""Backup and restore: one file with the whole database and the keys that its log and credentials need.

The file is an uncompressed tar of `manifest.json`, `database.dump` (PostgreSQL's custom format,
compressed) and `keys/`. Whoever holds it can read everything and sign as this instance: it is
written readable by its owner only, and belongs where the data directory would be kept.

A restore never touches the live database: it fills a second one beside it, and the next start
swaps the two in one transaction of renames, so a crash at any moment leaves the old or the new.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from mcp_engine import __version__
from mcp_engine.database.embedded import binaries
from mcp_engine.database.migrate import MigrationSource, upgrade
from mcp_engine.errors import InvalidInput, Refused

FORMAT = 1
KEYS = ("audit-signing-key", "credential-key")
RESTORING = "_restoring"
REPLACED = "_replaced"
_PENDING = "restore-pending"


async def write_backup(owner_url: str | URL, secrets_dir: Path, target: Path) -> None:
    """Write a consistent backup of the running instance to `target` (mode 0600).

    Raises:
        Refused: `backup.failed` with PostgreSQL's own words (no disk space, no right to dump).
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / "database.dump"
        await _run("pg_dump", ["--format=custom", "--no-owner", f"--file={dump}"], owner_url, code="backup.failed")
        await asyncio.to_thread(_pack, dump, secrets_dir, target)


def _pack(dump: Path, secrets_dir: Path, target: Path) -> None:
    manifest = {"format": FORMAT, "version": __version__, "made_at": datetime.now(UTC).isoformat()}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
        content = json.dumps(manifest).encode()
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        for key in KEYS:
            archive.add(secrets_dir / key, f"keys/{key}")
        archive.add(dump, "database.dump")


async def stage_restore(
    archive: Path, owner_url: str | URL, home: Path, app_password: str, sources: Iterable[MigrationSource]
) -> None:
    """Load a backup into a second database and mark it to be swapped in by the next start.

    Raises:
        InvalidInput: `backup.unreadable` when the file is not a whole backup,
            `backup.from_newer_version` when this release can't read it.
        Refused: `restore.failed` with PostgreSQL's own words.
    """
    staged = _beside(owner_url, RESTORING)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        await asyncio.to_thread(_unpack, archive, Path(folder))
        await asyncio.to_thread(_recreate, staged)
        dump = str(Path(folder) / "database.dump")
        await _run("pg_restore", ["--no-owner", "--exit-on-error", "--dbname", "", dump], staged, code="restore.failed")
        await asyncio.to_thread(upgrade, staged, app_password, list(sources))
        pending = home / _PENDING
        pending.mkdir(mode=0o700, exist_ok=True)
        for key in KEYS:
            (Path(folder) / "keys" / key).rename(pending / key)
        (pending / "complete").touch()


def swap_pending_restore(owner_url: str | URL, home: Path, secrets_dir: Path) -> bool:
    """Put a staged restore in the place of the live database; return whether there was one.

    The replaced database is kept as `<name>_replaced` until the next restore. Every step can be
    repeated after a crash.
    """
    pending = home / _PENDING
    if not (pending / "complete").exists():
        return False
    live = make_url(owner_url)
    with psycopg.connect(_libpq(live.set(database="postgres")), autocommit=True) as connection:
        _swap(connection, str(live.database))
    for key in KEYS:
        if (pending / key).exists():
            (pending / key).chmod(0o600)
            (pending / key).replace(secrets_dir / key)
    (pending / "complete").unlink()
    pending.rmdir()
    return True


def _swap(connection: psycopg.Connection, name: str) -> None:
    existing = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    if name + RESTORING not in existing:
        return
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", [[name, name + RESTORING]]
    )
    connection.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", name + REPLACED))
    with connection.transaction():
        if name in existing:
            connection.execute(_statement("ALTER DATABASE {} RENAME TO {}", name, name + REPLACED))
        connection.execute(_statement("ALTER DATABASE {} RENAME TO {}", name + RESTORING, name))


def _recreate(url: URL) -> None:
    with psycopg.connect(_libpq(url.set(database="postgres")), autocommit=True) as connection:
        connection.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(url.database)))
        connection.execute(_statement("CREATE DATABASE {}", str(url.database)))


def _unpack(archive: Path, folder: Path) -> None:
    expected = {"manifest.json", "database.dump", *(f"keys/{key}" for key in KEYS)}
    try:
        with tarfile.open(archive) as source:
            if {member.name for member in source.getmembers()} != expected:
                raise tarfile.ReadError("members missing")
            source.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text())
        format_version = int(manifest["format"])
    except (tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise InvalidInput(
            "backup.unreadable", "This file is not a whole backup made by `mcp-engine backup`."
        ) from error
    if format_version > FORMAT:
        raise InvalidInput(
            "backup.from_newer_version",
            f"This backup was made by MCP Engine {manifest['version']}, which is newer than this {__version__}; "
            "restore it with that version.",
        )


async def _run(program: str, arguments: Sequence[str], url: str | URL, *, code: str) -> None:
    target = make_url(url)
    environment = {
        **os.environ,
        "PGPASSWORD": target.password or "",
        "PGUSER": target.username or "",
        "PGDATABASE": target.database or "",
        "PGHOST": target.host or str(target.query.get("host", "")),
        "PGPORT": str(target.port or 5432),
    }
    arguments = [str(target.database) if argument == "" else argument for argument in arguments]
    process = await asyncio.create_subprocess_exec(
        str(binaries(Path("/")) / program),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise Refused(code, f"{program} failed: {errors.decode(errors='replace').strip()[-800:]}")


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*(sql.Identifier(name) for name in names))  # type: ignore[arg-type]


def _beside(url: str | URL, suffix: str) -> URL:
    live = make_url(url)
    return live.set(database=f"{live.database}{suffix}")


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
