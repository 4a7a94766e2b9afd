"""What a leaf says: the RFC 8785 JSON whose digest enters the tree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from mcp_engine.audit.merkle import Hash, leaf_hash
from mcp_engine.canonical import canonical_json

LEAF_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One event with its place and time, as stored."""

    id: UUID
    tenant_id: UUID
    kind: str
    subject: str
    actor_id: UUID
    occurred_at: datetime
    facts: Mapping[str, Any]

    @cached_property
    def leaf_data(self) -> bytes:
        """The bytes of the leaf: canonical JSON of what happened, without any content.

        Raises:
            InvalidInput: `json.not_canonical` when the facts have no canonical form.
        """
        return canonical_json(
            {
                "v": LEAF_VERSION,
                "id": str(self.id),
                "kind": self.kind,
                "subject": self.subject,
                "tenant": tenant_commitment(self.tenant_id),
                "actor": str(self.actor_id),
                "at": timestamp(self.occurred_at),
                "facts": dict(self.facts),
            }
        )

    @cached_property
    def leaf_hash(self) -> Hash:
        return leaf_hash(self.leaf_data)


@lru_cache(maxsize=1024)
def tenant_commitment(tenant_id: UUID) -> str:
    """Return what a leaf says of its tenant: a digest, so that a proof shown to others doesn't give the id away."""
    return hashlib.sha256(b"mcp-engine tenant\n" + tenant_id.bytes).hexdigest()


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with exactly six decimals: what PostgreSQL keeps, so that it reads back the same."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
