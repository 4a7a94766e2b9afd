"""Access tokens: JWTs (RFC 7519, RFC 8725), signed with HS256: who signs them is also who reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from mcp_engine.identity.credentials import not_signed_in

ALGORITHM = "HS256"
ISSUER = "mcp-engine"
AUDIENCE = "mcp-engine-api"
ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
_REQUIRED = ["iss", "aud", "sub", "tenant", "session", "scope", "iat", "exp"]
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a session's token claims; the claims are checked against the session, never trusted alone."""

    tenant_id: UUID
    principal_id: UUID
    session_id: UUID
    scopes: frozenset[str]
    expires_at: datetime


class AccessTokens:
    """Signs and reads access tokens.

    Args:
        key: 32 secret bytes (`Secrets.session_key`).
        now: the clock that decides when a token has expired.
    """

    def __init__(self, key: bytes, now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now

    def write(self, token: AccessToken) -> str:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(token.principal_id),
            "tenant": str(token.tenant_id),
            "session": str(token.session_id),
            "scope": " ".join(sorted(token.scopes)),
            "iat": int(self._now().timestamp()),
            "exp": int(token.expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, text: str) -> AccessToken:
        """Return the claims of a token of ours that has not expired.

        Raises:
            NotSignedIn: `access.invalid_credential` for anything else.
        """
        if len(text) > _LONGEST:
            raise not_signed_in()
        try:
            claims: dict[str, Any] = jwt.decode(
                text,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # Time is checked below, by the clock that the rest of identity uses.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
            token = AccessToken(
                tenant_id=UUID(str(claims["tenant"])),
                principal_id=UUID(str(claims["sub"])),
                session_id=UUID(str(claims["session"])),
                scopes=frozenset(str(claims["scope"]).split()),
                expires_at=datetime.fromtimestamp(claims["exp"], tz=self._now().tzinfo),
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            raise not_signed_in() from None
        if token.expires_at <= self._now():
            raise not_signed_in()
        return token
