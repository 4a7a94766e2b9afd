"""What the audit log says about the support of answers; subjects are executions, so that it belongs to their proofs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from mcp_engine.audit.events import AuditEvent
from rag.lost_support.repository import Searched
from rag.lost_support.standing import Standing

CHANGED: Final = "answer.support_changed"
ASKED_AGAIN: Final = "answer.asked_again"


def changed(execution_id: UUID, searched: Searched, standings: Mapping[int, Standing]) -> AuditEvent:
    """Return the entry that citations of an answer stand otherwise than before, by their numbers."""
    facts = {
        "document_id": str(searched.document_id),
        "searched_version_id": None if searched.version_id is None else str(searched.version_id),
        "citations": {str(n): standing for n, standing in sorted(standings.items())},
    }
    return AuditEvent(CHANGED, str(execution_id), facts)


def asked_again(execution_id: UUID, again_id: UUID) -> AuditEvent:
    """Return the entry that a question was asked again, and by which execution it was answered."""
    return AuditEvent(ASKED_AGAIN, str(execution_id), {"again_id": str(again_id)})
