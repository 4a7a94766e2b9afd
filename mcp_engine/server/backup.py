"""Backup and restore: one file with the whole database and the keys that its log and credentials need.

Whoever holds the file (see `archive`) can read everything and sign as this instance: it is written
readable by its owner only, and belongs where the data directory would be kept.

A restore never touches the live database: it fills a second one beside it, and the next start
swaps the two in one transaction of renames, so a crash at any moment leaves the old or the new.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url

from mcp_engine.database.embedded import binaries
from mcp_engine.database.migrate import MigrationSource, upgrade
from mcp_engine.errors import Conflict, Refused
from mcp_engine.server.archive import DUMP, KEYS, Manifest, from_newer_version, pack, unpack, unreadable

RESTORING = "_restoring"
REPLACED = "_replaced"
_PENDING = "restore-pending"
_COMPLETE = "complete"
_DUMP = ("--format=custom", "--no-owner", "--exclude-table-data=public.worker_lease")
"""Leases are of processes that run now: in a restored database they would all count as lost workers."""


async def write_backup(owner_url: str | URL, secrets_dir: Path, target: Path) -> Manifest:
    """Write a consistent backup of the running instance to `target` (mode 0600).

    Raises:
        Refused: `backup.failed` with PostgreSQL's own words (no disk space, no right to dump).
    """
    manifest = Manifest.fresh()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / DUMP
        failure = await _run("pg_dump", [*_DUMP, f"--file={dump}"], owner_url)
        if failure is not None:
            raise Refused("backup.failed", failure)
        await asyncio.to_thread(pack, manifest, dump, secrets_dir, target)
    return manifest


async def stage_restore(
    archive: Path, owner_url: str | URL, home: Path, app_password: str, sources: Iterable[MigrationSource]
) -> Manifest:
    """Load a backup into a second database and mark it to be swapped in by the next start.

    Raises:
        InvalidInput: `backup.unreadable` when the file is not a whole backup,
            `backup.from_newer_version` when this release can't read it.
        Conflict: `restore.pending` while an earlier restore waits for its restart or is being finished.
        Refused: `restore.failed` with PostgreSQL's own words.
    """
    if (home / _PENDING / _COMPLETE).exists():
        raise Conflict("restore.pending", "An earlier restore is just taking effect; try again when it has.")
    staged = _beside(owner_url, RESTORING)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        manifest = await asyncio.to_thread(unpack, archive, Path(folder))
        dump = str(Path(folder) / DUMP)
        if await _run("pg_restore", ["--list", dump]) is not None:
            raise unreadable("its database is damaged")
        try:
            await _load(dump, staged)
            await asyncio.to_thread(_bring_up_to_date, staged, app_password, sources, manifest)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(_drop, staged))
            raise
        await asyncio.to_thread(_mark, home / _PENDING, Path(folder) / "keys", manifest)
    return manifest


async def _load(dump: str, staged: URL) -> None:
    await asyncio.to_thread(_recreate, staged)
    failure = await _run("pg_restore", ["--no-owner", "--exit-on-error", dump], staged)
    if failure is not None:
        raise Refused("restore.failed", failure)


def swap_pending_restore(owner_url: str | URL, home: Path, secrets_dir: Path) -> Manifest | None:
    """Put a staged restore in the place of the live database; return which, or None when there is none.

    The replaced database is kept as `<name>_replaced` until the next restore. Every step can be
    repeated after a crash, and is, until `finish_restore`.
    """
    pending = home / _PENDING
    try:
        manifest = Manifest.parse((pending / _COMPLETE).read_text())
    except FileNotFoundError:
        return None
    live = make_url(owner_url)
    with psycopg.connect(_libpq(live.set(database="postgres")), autocommit=True) as connection:
        _swap(connection, str(live.database))
    for key in KEYS:
        if (pending / key).exists():
            (pending / key).replace(secrets_dir / key)
    _sync(secrets_dir)
    return manifest


def finish_restore(home: Path) -> None:
    """Say that everything which follows a restore has been done."""
    pending = home / _PENDING
    (pending / _COMPLETE).unlink(missing_ok=True)
    if pending.exists():
        pending.rmdir()


def _mark(pending: Path, keys: Path, manifest: Manifest) -> None:
    """Keep the keys for the swap; the mark comes last, and all of it survives a power cut."""
    pending.mkdir(mode=0o700, exist_ok=True)
    for key in KEYS:
        (keys / key).chmod(0o600)
        _sync(keys / key)
        (keys / key).replace(pending / key)
    partial = pending / f".{_COMPLETE}"
    partial.write_text(manifest.dump())
    _sync(partial)
    _sync(pending)
    partial.replace(pending / _COMPLETE)
    _sync(pending)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
    _drop(url)
    with psycopg.connect(_libpq(url.set(database="postgres")), autocommit=True) as connection:
        connection.execute(_statement("CREATE DATABASE {}", str(url.database)))


def _drop(url: URL) -> None:
    with psycopg.connect(_libpq(url.set(database="postgres")), autocommit=True) as connection:
        connection.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(url.database)))


def _bring_up_to_date(staged: URL, app_password: str, sources: Iterable[MigrationSource], manifest: Manifest) -> None:
    with psycopg.connect(_libpq(staged)) as connection:
        found = connection.execute("SELECT to_regclass('schema_version_core')").fetchone()
    if found is None or found[0] is None:
        raise unreadable("its database is none of MCP Engine's")
    try:
        upgrade(staged, app_password, list(sources))
    except Refused as error:
        if error.code == "database.from_newer_version":
            raise from_newer_version(manifest.version) from error
        raise


async def _run(program: str, arguments: Sequence[str], url: str | URL | None = None) -> str | None:
    """Run one of PostgreSQL's programs on the database of `url`; return None, or its own words when it failed."""
    environment, target = dict(os.environ), list[str]()
    if url is not None:
        whole = make_url(url)
        # Other users can read command lines, so the password goes another way than the rest (sslmode and so on).
        environment["PGPASSWORD"] = whole.password or ""
        target = [f"--dbname={_libpq(whole, password=False)}"]
    process = await asyncio.create_subprocess_exec(
        str(binaries(Path("/")) / program),
        *target,
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
        return f"{program} failed: {errors.decode(errors='replace').strip()[-800:]}"
    return None


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*(sql.Identifier(name) for name in names))  # type: ignore[arg-type]


def _beside(url: str | URL, suffix: str) -> URL:
    live = make_url(url)
    return live.set(database=f"{live.database}{suffix}")


def _libpq(url: URL, *, password: bool = True) -> str:
    """Return libpq's own form: SQLAlchemy writes a space in a path as `+`, which libpq takes literally."""
    parts = {"host": url.host, "port": url.port, "dbname": url.database, "user": url.username, **url.query}
    if password:
        parts["password"] = url.password
    given: dict[str, Any] = {name: value for name, value in parts.items() if value is not None}
    return make_conninfo("", **given)
