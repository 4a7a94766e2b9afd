"""Opaque credentials: API keys and refresh tokens.

A credential reads `<prefix>_<address>_<secret>`, where the address is the tenant's and the
credential's UUIDs in base64url and the secret is 32 random bytes in base64url. The tenant is in the
credential so that it is looked up under row-level security like everything else, with no door
around it; a forged address finds nothing or meets a secret that does not match.

What is stored is SHA-256 of the secret. A slow password hash would add nothing: it makes guessing
low-entropy passwords expensive, and nobody guesses 256 random bits (NIST SP 800-63B, 5.1.2.2: keys
with at least 112 bits may be stored under a plain approved hash). It would cost every request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from mcp_engine.errors import NotSignedIn

Prefix = Literal["mce", "mcr"]
API_KEY: Prefix = "mce"
REFRESH_TOKEN: Prefix = "mcr"  # noqa: S105 - the visible prefix, no secret

SECRET_BYTES = 32
_ADDRESS_BYTES = 32
_ENCODED_CHARACTERS = 43  # 32 bytes in base64url without padding
_NOTHING = bytes(32)


def not_signed_in() -> NotSignedIn:
    """Return the one answer to every credential that does not work, whatever the reason."""
    return NotSignedIn(
        "access.invalid_credential",
        "This credential does not work: it is unknown, expired or revoked. Sign in again or ask an owner for a key.",
    )


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key (`mce_…`) or a refresh token (`mcr_…`) with its secret; show it once, never log it."""

    prefix: Prefix
    tenant_id: UUID
    id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, prefix: Prefix, tenant_id: UUID, credential_id: UUID) -> Credential:
        return cls(prefix, tenant_id, credential_id, secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str, prefix: Prefix) -> Credential:
        """Return the credential that `reveal` wrote; only its exact characters are accepted.

        Raises:
            NotSignedIn: `access.invalid_credential` for anything else.
        """
        length = len(prefix) + 2 * (1 + _ENCODED_CHARACTERS)
        if len(text) != length or not text.isascii() or not text.startswith(f"{prefix}_"):
            raise not_signed_in()
        start = len(prefix) + 1
        address = _decode(text[start : start + _ENCODED_CHARACTERS])
        secret = _decode(text[start + _ENCODED_CHARACTERS + 1 :])
        credential = cls(prefix, UUID(bytes=address[:16]), UUID(bytes=address[16:]), secret)
        # Base64 has several spellings of the same bytes (spare bits); one of them is the credential.
        if credential.reveal() != text:
            raise not_signed_in()
        return credential

    def reveal(self) -> str:
        """Return the credential as its holder sends it."""
        return f"{self.prefix}_{_encode(self.tenant_id.bytes + self.id.bytes)}_{_encode(self.secret)}"

    @property
    def secret_hash(self) -> bytes:
        """SHA-256 of the secret: what is stored in its place (32 bytes)."""
        return hashlib.sha256(self.secret).digest()

    def matches(self, stored_hash: bytes | None) -> bool:
        """Compare in constant time; None, for a credential that was not found, takes as long and is False."""
        equal = hmac.compare_digest(self.secret_hash, stored_hash or _NOTHING)
        return equal and stored_hash is not None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        raise not_signed_in() from None
    if len(raw) != _ADDRESS_BYTES:
        raise not_signed_in()
    return raw
