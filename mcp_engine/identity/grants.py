"""What a verified credential can do now, remembered for a few seconds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mcp_engine.access import Caller, PrincipalKind


@dataclass(frozen=True, slots=True)
class Grant:
    """A usable key or session with the scopes, limits and end that it has at the moment.

    Args:
        credential_id: the key's id, or the session's.
        key_id: the key itself, or the one that opened the session; rate limits count on it.
        secret_hash: SHA-256 of the key's secret.
        expires_at: end of the key, or of the session if that is earlier; None for a key without one.
    """

    tenant_id: UUID
    credential_id: UUID
    key_id: UUID
    principal_id: UUID
    principal_kind: PrincipalKind
    scopes: frozenset[str]
    secret_hash: bytes = field(repr=False)
    expires_at: datetime | None
    requests_per_second: float
    burst: int

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def caller(self, scopes: frozenset[str] | None = None) -> Caller:
        """Return the caller, narrowed to `scopes` when given."""
        held = self.scopes if scopes is None else self.scopes & scopes
        return Caller(self.tenant_id, self.principal_id, self.principal_kind, held, self.credential_id)


class GrantCache:
    """Grants by credential, each trusted for `ttl_seconds`.

    `forget_*` works at once: a grant that was being read while something was forgotten is returned
    to the request that asked for it and not kept. Other servers learn of a change when their own
    entries run out.

    Args:
        clock: monotonic seconds.
        capacity: grants kept; the oldest leaves first.
    """

    def __init__(self, clock: Callable[[], float], *, ttl_seconds: float, capacity: int = 10_000) -> None:
        self._clock = clock
        self._ttl_seconds = ttl_seconds
        self._capacity = capacity
        self._grants: OrderedDict[UUID, tuple[float, Grant]] = OrderedDict()
        self._changes = 0

    async def get(
        self, tenant_id: UUID, credential_id: UUID, load: Callable[[], Awaitable[Grant | None]]
    ) -> Grant | None:
        """Return the grant of a credential of this tenant, from `load` unless it is fresh here."""
        kept = self._grants.get(credential_id)
        if kept and kept[0] > self._clock() and kept[1].tenant_id == tenant_id:
            return kept[1]
        changes, until = self._changes, self._clock() + self._ttl_seconds
        grant = await load()
        if grant and changes == self._changes:
            self._grants[credential_id] = (until, grant)
            self._grants.move_to_end(credential_id)
            if len(self._grants) > self._capacity:
                self._grants.popitem(last=False)
        return grant

    def forget_key(self, key_id: UUID) -> None:
        """Forget a key and the sessions it opened."""
        self._forget(lambda grant: grant.key_id == key_id)

    def forget_principal(self, principal_id: UUID) -> None:
        self._forget(lambda grant: grant.principal_id == principal_id)

    def forget_credential(self, credential_id: UUID) -> None:
        self._forget(lambda grant: grant.credential_id == credential_id)

    def _forget(self, matches: Callable[[Grant], bool]) -> None:
        self._changes += 1
        for credential_id in [key for key, (_, grant) in self._grants.items() if matches(grant)]:
            del self._grants[credential_id]
