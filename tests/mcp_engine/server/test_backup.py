"""A backup comes back whole or not at all; what is no backup is refused before anything is touched."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from sqlalchemy import make_url

from mcp_engine.audit.repository import EntryFilter, page_of_entries
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url
from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.identity.permissions import PermissionRegistry
from mcp_engine.identity.service import IdentityService
from mcp_engine.secrets import Secrets
from mcp_engine.server.archive import KEYS, unpack
from mcp_engine.server.backup import finish_restore, stage_restore, swap_pending_restore, write_backup
from mcp_engine.server.database import migration_sources
from mcp_engine.server.history import record_backup, record_restore
from tests.conftest import APP_PASSWORD, make_tenant, plain_url

MEMBERS = ["manifest.json", *(f"keys/{key}" for key in KEYS), "database.dump"]
MANIFEST = {"format": 1, "id": "some-id", "version": "0.1.0", "made_at": "2026-01-01T00:00:00+00:00"}


@dataclass
class Place:
    """An instance's directory and database."""

    home: Path
    owner_url: str

    @property
    def secrets_dir(self) -> Path:
        return self.home / "secrets"

    async def stage(self, archive: Path) -> None:
        await stage_restore(archive, self.owner_url, self.home, APP_PASSWORD, migration_sources())

    def databases(self) -> set[str]:
        """The databases of this instance, by what comes after its name."""
        name = str(make_url(self.owner_url).database)
        everything = make_url(self.owner_url).set(database="postgres")
        with psycopg.connect(plain_url(everything.render_as_string(hide_password=False))) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"]).fetchall()
        return {row[0].removeprefix(name) for row in found}

    def tenants(self) -> int:
        return self._count("SELECT count(*) FROM tenant")

    def workers(self) -> int:
        return self._count("SELECT count(*) FROM worker_lease")

    def _count(self, query: str) -> int:
        with psycopg.connect(plain_url(self.owner_url)) as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0

    def execute(self, statement: str) -> None:
        with psycopg.connect(plain_url(self.owner_url), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def place(tmp_path: Path, fresh_owner_url: str) -> Place:
    place = Place(tmp_path / "home", fresh_owner_url)
    Secrets.load(place.secrets_dir)
    return place


@pytest.fixture
def untouched(tmp_path: Path, owner_url: str) -> Place:
    """A place whose database other tests use too: nothing here may change it."""
    place = Place(tmp_path / "home", owner_url)
    Secrets.load(place.secrets_dir)
    return place


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, bytes]:
    Secrets.load(tmp_path / "keys")
    return {key: (tmp_path / "keys" / key).read_bytes() for key in KEYS}


def tar(path: Path, members: list[tuple[str, bytes]], mode: Literal["w", "w:gz"] = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def whole(keys: dict[str, bytes], **other: bytes) -> list[tuple[str, bytes]]:
    """The members of a backup whose database is garbage."""
    contents = {"database.dump": b"PGDMP?" * 1000}
    contents |= {f"keys/{key}": content for key, content in keys.items()}
    contents |= other
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    contents.setdefault("manifest.json", json.dumps({**MANIFEST, "sha256": digests}).encode())
    return [(name, contents[name]) for name in MEMBERS]


async def add_tenant(owner_url: str) -> None:
    database = Database(app_url(owner_url, APP_PASSWORD))
    await make_tenant(database)
    await database.close()


async def test_a_backup_holds_no_leases_of_workers(place: Place) -> None:
    place.execute(
        "INSERT INTO worker_lease (worker_id, token, host, pid, expires_at) "
        "VALUES (gen_random_uuid(), 1, 'here', 1, now() + interval '1 hour')"
    )
    assert place.workers() == 1
    backup = place.home / "engine.tar"
    await write_backup(place.owner_url, place.secrets_dir, backup)
    await place.stage(backup)
    swap_pending_restore(place.owner_url, place.home, place.secrets_dir)
    assert place.workers() == 0


async def test_a_restore_takes_effect_at_the_next_start_and_survives_a_crash_in_it(place: Place) -> None:
    await add_tenant(place.owner_url)
    backup = place.home / "engine.tar"
    manifest = await write_backup(place.owner_url, place.secrets_dir, backup)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    signing_key = (place.secrets_dir / KEYS[0]).read_bytes()
    await add_tenant(place.owner_url)
    (place.secrets_dir / KEYS[0]).write_bytes(b"\x01" * 32)

    await place.stage(backup)
    assert place.tenants() == 2
    assert place.databases() == {"", "_restoring"}
    with pytest.raises(Conflict, match="just taking effect"):
        await place.stage(backup)

    assert swap_pending_restore(place.owner_url, place.home, place.secrets_dir) == manifest
    assert place.tenants() == 1
    assert place.databases() == {"", "_replaced"}
    assert (place.secrets_dir / KEYS[0]).read_bytes() == signing_key
    assert stat.S_IMODE((place.secrets_dir / KEYS[0]).stat().st_mode) == 0o600
    assert swap_pending_restore(place.owner_url, place.home, place.secrets_dir) == manifest
    assert place.tenants() == 1
    finish_restore(place.home)
    assert swap_pending_restore(place.owner_url, place.home, place.secrets_dir) is None


Make = Callable[[Path, dict[str, bytes]], object]


def _truncated(path: Path, keys: dict[str, bytes]) -> None:
    content = tar(path, whole(keys)).read_bytes()
    path.write_bytes(content[: len(content) - 8000])


def _link(path: Path, keys: dict[str, bytes]) -> None:
    tar(path, whole(keys)[:-1])
    with tarfile.open(path, "a") as archive:
        member = tarfile.TarInfo("database.dump")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)


def _damaged(member: str) -> Make:
    """One bit of a member is another, and the member still looks like what it is."""

    def make(path: Path, keys: dict[str, bytes]) -> None:
        members = [
            (name, content[:5] + bytes([content[5] ^ 1]) + content[6:] if name == member else content)
            for name, content in whole(keys)
        ]
        tar(path, members)

    return make


BAD: dict[str, Make] = {
    "nothing": lambda path, _: path.touch(),
    "a text": lambda path, _: path.write_text("not a tar\n" * 200),
    "truncated": _truncated,
    "compressed": lambda path, keys: tar(path, whole(keys), "w:gz"),
    "without its keys": lambda path, keys: tar(path, [one for one in whole(keys) if "keys/" not in one[0]]),
    "with one member more": lambda path, keys: tar(path, [*whole(keys), ("more", b"")]),
    "with a member twice": lambda path, keys: tar(path, [*whole(keys), ("database.dump", b"")]),
    "with a path out of it": lambda path, keys: tar(path, [*whole(keys), ("../escaped", b"x")]),
    "with an absolute path": lambda path, keys: tar(path, [*whole(keys), ("/tmp/escaped", b"x")]),
    "with a link": _link,
    "manifest last": lambda path, keys: tar(path, whole(keys)[::-1]),
    "manifest not JSON": lambda path, keys: tar(path, whole(keys, **{"manifest.json": b"{"})),
    "manifest a list": lambda path, keys: tar(path, whole(keys, **{"manifest.json": b"[]"})),
    "manifest empty": lambda path, keys: tar(path, whole(keys, **{"manifest.json": b"{}"})),
    "format null": lambda path, keys: tar(path, whole(keys, **{"manifest.json": b'{"format": null}'})),
    "a short key": lambda path, keys: tar(path, whole(keys, **{"keys/audit-signing-key": b"short"})),
    "no Fernet key": lambda path, keys: tar(path, whole(keys, **{"keys/credential-key": b"x" * 44})),
    "a damaged signing key": _damaged("keys/audit-signing-key"),
    "a damaged credential key": _damaged("keys/credential-key"),
    "a damaged dump": _damaged("database.dump"),
    "no digests": lambda path, keys: tar(path, whole(keys, **{"manifest.json": json.dumps(MANIFEST).encode()})),
    "no dump": lambda path, keys: tar(path, whole(keys)),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
async def test_what_is_no_backup_is_refused_untouched(untouched: Place, keys: dict[str, bytes], make: Make) -> None:
    archive = untouched.home / "given.tar"
    make(archive, keys)
    with pytest.raises(InvalidInput) as refused:
        await untouched.stage(archive)
    assert refused.value.code == "backup.unreadable"
    assert untouched.databases() == {""}
    assert sorted(path.name for path in untouched.home.iterdir()) == ["given.tar", "secrets"]
    assert not (untouched.home.parent / "escaped").exists()
    assert swap_pending_restore(untouched.owner_url, untouched.home, untouched.secrets_dir) is None


def test_a_newer_format_says_which_version_reads_it(tmp_path: Path) -> None:
    newer = {"format": 2, "version": "9.1.0", "shards": 3}
    archive = tar(tmp_path / "newer.tar", [("manifest.json", json.dumps(newer).encode()), ("shards/1", b"")])
    with pytest.raises(InvalidInput, match=r"MCP Engine 9\.1\.0, which is newer") as refused:
        unpack(archive, tmp_path / "out")
    assert refused.value.code == "backup.from_newer_version"


async def test_a_newer_schema_is_refused_and_leaves_no_database_behind(place: Place) -> None:
    place.execute("UPDATE schema_version_core SET version_num = '9999'")
    backup = place.home / "engine.tar"
    await write_backup(place.owner_url, place.secrets_dir, backup)
    with pytest.raises(InvalidInput) as refused:
        await place.stage(backup)
    assert refused.value.code == "backup.from_newer_version"
    assert place.databases() == {""}


async def test_the_dump_of_another_program_is_refused_and_leaves_no_database_behind(place: Place) -> None:
    place.execute("DROP TABLE schema_version_core")
    backup = place.home / "engine.tar"
    await write_backup(place.owner_url, place.secrets_dir, backup)
    with pytest.raises(InvalidInput, match="none of MCP Engine's"):
        await place.stage(backup)
    assert place.databases() == {""}


async def test_backup_and_restore_leave_entries_about_the_same_backup(place: Place, fresh_database: Database) -> None:
    secrets = Secrets.load(place.secrets_dir)
    identity = IdentityService(fresh_database, secrets, PermissionRegistry([]))
    first = await identity.bootstrap()
    assert first is not None
    caller = await identity.authenticate(first.api_key)
    manifest = await write_backup(place.owner_url, place.secrets_dir, place.home / "engine.tar")
    await record_backup(fresh_database, caller, manifest)
    await record_restore(fresh_database, manifest)
    async with fresh_database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        stored = await page_of_entries(work, EntryFilter(subject=manifest.id), None, 10)
    entries = {one.entry.kind: one.entry for one in stored}
    assert set(entries) == {"instance.backed_up", "instance.restored"}
    assert entries["instance.backed_up"].actor_id == caller.principal_id
    for entry in entries.values():
        assert entry.facts == {"made_at": manifest.made_at, "version": manifest.version}
