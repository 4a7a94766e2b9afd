"""Canonical JSON and the digests built on it: the identity of everything immutable."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import rfc8785

from mcp_engine.errors import InvalidInput

SALT_BYTES = 16


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 (JSON Canonicalization Scheme) encoding of a JSON value.

    Raises:
        InvalidInput: `json.not_canonical` when the value has no canonical form (NaN, infinities,
            integers beyond 2^53, lone surrogates, keys that are not strings).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise InvalidInput("json.not_canonical", f"This JSON has no canonical form: {error}") from error


def digest(value: Any) -> str:
    """Return the lower-case hex SHA-256 of a value's canonical JSON (64 characters)."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, value: Any) -> str:
    """Return HMAC-SHA256(salt, canonical JSON): binding, and silent about the value once the salt is erased."""
    return commitment_to_canonical(salt, canonical_json(value))


def commitment_to_canonical(salt: bytes, canonical: bytes) -> str:
    """Return `commitment` of a value that is at hand as its canonical JSON, without reading it."""
    return hmac.new(salt, canonical, hashlib.sha256).hexdigest()
