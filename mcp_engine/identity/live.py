"""Identity's rows against the log: keys that were widened, swapped or revived behind the engine's back.

Not covered: a principal's present role and whether it is disabled. Both change lawfully, each time
with an entry, and an entry says what was true then; compare them with the newest entry by hand. The same
holds for who belongs to a group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.identity.repository import IdentityRepository
from mcp_engine.identity.tables import ApiKey

KEY_CREATED = "key.created"
KEY_REVOKED = "key.revoked"
PRINCIPAL_CREATED = "principal.created"
NAMESPACE_CREATED = "namespace.created"


def created_facts(key: ApiKey) -> dict[str, Any]:
    """Return what the log keeps of a new key: everything that never changes, but its name.

    The secret's stored hash is there as a digest of itself: a hash put in its place shows.
    """
    return {
        "principal_id": str(key.principal_id),
        "created_by": str(key.created_by),
        "scopes": key.scopes,
        "expires_at": key.expires_at.astimezone(UTC).isoformat() if key.expires_at else None,
        "requests_per_second": key.requests_per_second,
        "burst": key.burst,
        "hash_digest": hashlib.sha256(key.secret_hash).hexdigest(),
    }


def revoked_facts(key: ApiKey, *, revoked: bool) -> dict[str, Any]:
    return {"principal_id": str(key.principal_id), "revoked": revoked}


class IdentityCheck:
    """Recomputes keys, revocations, the kinds of principals, and namespaces."""

    kinds = frozenset({KEY_CREATED, KEY_REVOKED, PRINCIPAL_CREATED, NAMESPACE_CREATED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        repository = IdentityRepository(work)
        if kind == NAMESPACE_CREATED:
            return {name: {} for name in await repository.namespaces_named(subjects)}
        ids = [UUID(subject) for subject in subjects]
        if kind == PRINCIPAL_CREATED:
            return {str(row.id): {"kind": row.kind} for row in await repository.principals_by_id(ids)}
        keys = await repository.keys_by_id(ids)
        if kind == KEY_CREATED:
            return {str(key.id): created_facts(key) for key in keys}
        return {str(key.id): revoked_facts(key, revoked=key.revoked_at is not None) for key in keys}
