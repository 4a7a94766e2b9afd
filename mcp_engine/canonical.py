"""Canonical JSON and the digests built on it: the identity of everything immutable."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any, cast

import rfc8785

from mcp_engine.errors import InvalidInput

SALT_BYTES = 16
_LARGEST_EXACT_INTEGER = 2**53 - 1
_encode_plain = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 (JSON Canonicalization Scheme) encoding of a JSON value.

    Raises:
        InvalidInput: `json.not_canonical` when the value has no canonical form (NaN, infinities,
            integers beyond 2^53, lone surrogates, keys that are not strings).
    """
    try:
        return _encode_plain(value).encode() if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise InvalidInput("json.not_canonical", f"This JSON has no canonical form: {error}") from error


def _is_plain(value: Any) -> bool:
    """Return whether the standard library's encoder, several times as fast, gives the canonical form too.

    It differs in how it writes floats, in the order of keys outside of ASCII (RFC 8785 sorts UTF-16
    code units), and in which values it refuses.
    """
    kind = cast("type[Any]", type(value))
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -_LARGEST_EXACT_INTEGER <= value <= _LARGEST_EXACT_INTEGER
    if kind is dict:
        return all(type(key) is str and key.isascii() for key in value) and all(map(_is_plain, value.values()))
    return kind is list and all(map(_is_plain, value))


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
