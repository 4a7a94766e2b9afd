"""The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): this request, and repeats of it, once."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Header, Request

from mcp_engine.errors import InvalidInput

MAX_KEY_CHARACTERS = 255
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[\x21\x23-\x2b\x2d-\x7e]+")


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What a client calls one request of its, and the request itself; both leave this object as digests only.

    The fingerprint is keyed with the client's own words, which the engine does not keep: it says nothing
    about the content of a request to anybody who does not hold them.
    """

    key: str = field(repr=False)
    request: bytes = field(repr=False)

    def digest(self, principal_id: UUID) -> str:
        """Return under which name the key of this principal is kept (hex SHA-256)."""
        return hashlib.sha256(principal_id.bytes + self.key.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """What tells this request from another one with the same key (hex HMAC-SHA256)."""
        return hmac.new(self.key.encode(), self.request, hashlib.sha256).hexdigest()


async def _idempotency_key(
    request: Request,
    header: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            max_length=2 * MAX_KEY_CHARACTERS,
            description="Your name for this request, such as a UUID: a repeat within 24 hours gets the first outcome.",
        ),
    ] = None,
) -> IdempotencyKey | None:
    if header is None:
        return None
    query = urlencode(sorted(request.query_params.multi_items()))
    line = f"{request.method} {request.url.path}?{query}\n".encode()
    return IdempotencyKey(_parsed(header.strip()), line + _normalised(await request.body()))


Idempotency = Annotated[IdempotencyKey | None, Depends(_idempotency_key)]
"""For routes that make something at each call; None when the client named no key."""


def _parsed(header: str) -> str:
    """Return the key: a structured field's string (RFC 9651), or the same without its quotes."""
    quoted = _QUOTED.fullmatch(header)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    if not (1 <= len(key) <= MAX_KEY_CHARACTERS and (quoted or _BARE.fullmatch(header))):
        raise InvalidInput(
            "idempotency.bad_key",
            f'Idempotency-Key must be a text in quotes of 1 to {MAX_KEY_CHARACTERS} ASCII characters, as "8e03-4d" is.',
        )
    return key


def _normalised(body: bytes) -> bytes:
    """Return a JSON body as it is whatever the order and spacing of its members; any other as it came."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return body
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
