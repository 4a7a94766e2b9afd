"""What the audit log says about answers that were given again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from mcp_engine.audit.events import AuditEvent

GIVEN_AGAIN: Final = "answer.given_again"
CLEARED: Final = "answer_cache.cleared"


def given_again(execution_id: UUID, original_id: UUID) -> AuditEvent:
    """Return the entry that an execution gave the answer of another, whose own entries thereby belong to its proof."""
    return AuditEvent(GIVEN_AGAIN, str(execution_id), {"cached_from": str(original_id)})


def cleared(collection_id: UUID, entries: int) -> AuditEvent:
    return AuditEvent(CLEARED, str(collection_id), {"entries": entries})
