"""The engine's own secrets: made once, kept in `MCP_ENGINE_HOME/secrets` readable by its account only."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must survive with the data and never leave in a log, an error or an answer."""

    database_owner_password: str = field(repr=False)
    database_app_password: str = field(repr=False)
    session_key: bytes = field(repr=False)
    """32 bytes that sign session tokens (HS256)."""
    credential_key: bytes = field(repr=False)
    """Fernet key that encrypts provider credentials at rest."""
    signing_key: Ed25519PrivateKey = field(repr=False)
    """Signs the audit log's checkpoints."""

    @classmethod
    def load(cls, folder: Path) -> Secrets:
        """Read the secrets in `folder`, making the folder (0700) and each missing secret (0600)."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

        def kept(name: str, fresh: bytes) -> bytes:
            return _read_or_create(folder / name, fresh)

        new_signing_key = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return cls(
            database_owner_password=kept("database-owner-password", secrets.token_urlsafe(24).encode()).decode(),
            database_app_password=kept("database-app-password", secrets.token_urlsafe(24).encode()).decode(),
            session_key=kept("session-key", secrets.token_bytes(32)),
            credential_key=kept("credential-key", Fernet.generate_key()),
            signing_key=Ed25519PrivateKey.from_private_bytes(kept("audit-signing-key", new_signing_key)),
        )


def _read_or_create(path: Path, fresh: bytes) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        # Written aside and linked into place: a reader never sees half a secret, and of two
        # processes that start together one wins and both use its secret.
        partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(partial)
        partial.unlink()
        return path.read_bytes()
