"""From a bearer credential to a caller."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from mcp_engine.access import ENGINE, Caller, PrincipalKind
from mcp_engine.database.engine import Database
from mcp_engine.identity.access_tokens import AccessTokens
from mcp_engine.identity.credentials import API_KEY, Credential, not_signed_in
from mcp_engine.identity.grants import Grant, GrantCache
from mcp_engine.identity.permissions import PermissionRegistry
from mcp_engine.identity.rate_limits import RateLimiter
from mcp_engine.identity.repository import IdentityRepository, KeyRows, SessionRows
from mcp_engine.identity.tables import ApiKey

GRANT_TTL_SECONDS = 5.0
LAST_USED_RESOLUTION = timedelta(minutes=5)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Authentication:
    """Implements `mcp_engine.access.Authenticator` for API keys and access tokens of sessions.

    A grant is read from the database at most once in `GRANT_TTL_SECONDS` a credential, and dropped
    at once when this server revokes something. A key's last use is recorded while its grant is
    read, no finer than `LAST_USED_RESOLUTION`.
    """

    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        permissions: PermissionRegistry,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.grants = GrantCache(clock, ttl_seconds=GRANT_TTL_SECONDS)
        self._database = database
        self._tokens = tokens
        self._permissions = permissions
        self._limits = RateLimiter(clock)
        self._now = now

    async def authenticate(self, credential: str) -> Caller:
        """Return the caller; raises `NotSignedIn` or `SlowDown` as the Protocol says."""
        if credential.startswith(f"{API_KEY}_"):
            return (await self.key_grant(credential)).caller()
        token = self._tokens.read(credential)
        grant = await self.grants.get(
            token.tenant_id, token.session_id, lambda: self._load_session(token.tenant_id, token.session_id)
        )
        if grant is None or grant.principal_id != token.principal_id:
            raise not_signed_in()
        self.spend(grant)
        return grant.caller(token.scopes)

    async def key_grant(self, text: str) -> Grant:
        """Return the grant of an API key, with one request counted against its limit.

        A key that was not found is compared too, so that it takes as long as one with a wrong
        secret and neither tells which ids exist.
        """
        key = Credential.parse(text, API_KEY)
        grant = await self.grants.get(key.tenant_id, key.id, lambda: self._load_key(key.tenant_id, key.id))
        if not key.matches(grant.secret_hash if grant else None) or grant is None:
            raise not_signed_in()
        self.spend(grant)
        return grant

    def spend(self, grant: Grant) -> None:
        """Count one request of a grant; raises `NotSignedIn` past its end, `SlowDown` when its limit is spent."""
        if grant.has_expired(self._now()):
            raise not_signed_in()
        self._limits.spend(grant.key_id, requests_per_second=grant.requests_per_second, burst=grant.burst)

    def grant_of(self, rows: KeyRows) -> Grant:
        """Return what a key can do with its principal's role of this moment."""
        key, principal = rows.key, rows.principal
        return Grant(
            tenant_id=key.tenant_id,
            credential_id=key.id,
            key_id=key.id,
            principal_id=principal.id,
            principal_kind=cast(PrincipalKind, principal.kind),
            scopes=self._permissions.effective(principal.role, key.scopes, operates=rows.operates),
            secret_hash=key.secret_hash,
            expires_at=key.expires_at,
            requests_per_second=key.requests_per_second,
            burst=key.burst,
        )

    def grant_of_session(self, rows: SessionRows) -> Grant:
        """Return what a session can do: its key's grant, ending with whichever of the two ends first."""
        grant = self.grant_of(KeyRows(rows.key, rows.principal, rows.operates))
        ends = [end for end in (rows.session.expires_at, grant.expires_at) if end]
        return replace(grant, credential_id=rows.session.id, expires_at=min(ends))

    async def _load_key(self, tenant_id: UUID, key_id: UUID) -> Grant | None:
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            repository = IdentityRepository(work)
            rows = await repository.usable_key(key_id)
            if rows is None:
                return None
            await self._record_use(repository, rows.key)
            return self.grant_of(rows)

    async def _load_session(self, tenant_id: UUID, session_id: UUID) -> Grant | None:
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            repository = IdentityRepository(work)
            rows = await repository.usable_session(session_id)
            if rows is None:
                return None
            await self._record_use(repository, rows.key)
            return self.grant_of_session(rows)

    async def _record_use(self, repository: IdentityRepository, key: ApiKey) -> None:
        now = self._now()
        due = now - LAST_USED_RESOLUTION
        if key.last_used_at is None or key.last_used_at < due:
            await repository.touch_key(key.id, now, unless_since=due)
