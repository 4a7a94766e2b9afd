"""The file that a backup is: an uncompressed tar of `manifest.json`, `keys/` and `database.dump`."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mcp_engine import __version__
from mcp_engine.errors import InvalidInput
from mcp_engine.identifiers import new_id

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
SIGNING_KEY = "audit-signing-key"
CREDENTIAL_KEY = "credential-key"
KEYS = (SIGNING_KEY, CREDENTIAL_KEY)
_CONTENT = (*(f"keys/{key}" for key in KEYS), DUMP)
_MAX_MANIFEST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself; `id` is the subject of its entries in the audit log."""

    id: str
    version: str
    made_at: str

    @classmethod
    def fresh(cls) -> Manifest:
        return cls(str(new_id()), __version__, datetime.now(UTC).isoformat())

    @classmethod
    def parse(cls, text: str | bytes) -> Manifest:
        """Raises ValueError, TypeError or KeyError when it is none."""
        found = json.loads(text)
        return cls(*(_text(found[name]) for name in ("id", "version", "made_at")))

    def dump(self, digests: Mapping[str, str] | None = None) -> str:
        """Return the manifest as JSON, in an archive with the SHA-256 of each other member."""
        return json.dumps({"format": FORMAT, **asdict(self), **({"sha256": digests} if digests else {})})


def pack(manifest: Manifest, dump: Path, secrets_dir: Path, target: Path) -> None:
    """Write the archive, readable by this account only."""
    sources = {f"keys/{key}": secrets_dir / key for key in KEYS} | {DUMP: dump}
    content = manifest.dump({name: _sha256(path) for name, path in sources.items()}).encode()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        for name in _CONTENT:
            archive.add(sources[name], name)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Extract a whole backup into `folder`, and nothing else.

    Raises:
        InvalidInput: `backup.unreadable`, or `backup.from_newer_version`.
    """
    try:
        with tarfile.open(archive, mode="r:") as source:
            # The manifest comes first and is judged first: a newer format may hold other members.
            manifest, digests = _manifest(source)
            members = source.getmembers()
            names = sorted(member.name for member in members)
            if names != sorted([MANIFEST, *_CONTENT]) or not all(map(_is_file, members)):
                raise unreadable("it does not hold what a backup holds")
            source.extractall(folder, filter="data")
        for name in _CONTENT:
            if _sha256(folder / name) != digests[name]:
                raise unreadable(f"{name} is not as it was written")
        _check_keys(folder / "keys")
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError) as error:
        raise unreadable("it is damaged, cut off, or something else") from error
    return manifest


def unreadable(reason: str) -> InvalidInput:
    """Return the error for a file that is no backup of ours."""
    return InvalidInput("backup.unreadable", f"This file is not a whole backup made by `mcp-engine backup`: {reason}.")


def from_newer_version(version: str) -> InvalidInput:
    """Return the error for a backup that only a newer release can read."""
    return InvalidInput(
        "backup.from_newer_version",
        f"This backup was made by MCP Engine {version[:40]}, which is newer than this {__version__}; "
        "restore it with that version.",
    )


def _manifest(source: tarfile.TarFile) -> tuple[Manifest, dict[str, str]]:
    """Return the manifest and the digests of the other members."""
    first = source.next()
    if first is None or first.name != MANIFEST or not _is_file(first) or first.size > _MAX_MANIFEST_BYTES:
        raise unreadable("it does not begin with a manifest")
    content = source.extractfile(first)
    assert content is not None  # a regular file has one
    text = content.read()
    found: Any = json.loads(text)
    if int(found["format"]) > FORMAT:
        raise from_newer_version(str(found.get("version", "of a later format")))
    return Manifest.parse(text), {name: _text(found["sha256"][name]) for name in _CONTENT}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_file(member: tarfile.TarInfo) -> bool:
    return member.isreg() and not member.issparse()


def _check_keys(folder: Path) -> None:
    """Raise ValueError for keys that the next start could not load."""
    Ed25519PrivateKey.from_private_bytes((folder / SIGNING_KEY).read_bytes())
    Fernet((folder / CREDENTIAL_KEY).read_bytes())


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 100 or not value.isprintable():
        raise ValueError("not a short text")
    return value
