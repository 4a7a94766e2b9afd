"""What the audit log says about feedback, and the check that its rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import commitment_to_canonical, digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.feedback import repository
from mcp_engine.feedback.repository import Stored
from mcp_engine.feedback.tables import FeedbackRow

GIVEN: Final = "feedback.given"
CONTENT_TABLE: Final = "feedback_content"


def given_facts(feedback: FeedbackRow) -> dict[str, Any]:
    """Return the facts of the leaf `feedback.given`; the execution's id makes its entry part of the proof."""
    return {
        "namespace": feedback.namespace,
        "metric_name": feedback.metric_name,
        "execution_id": None if feedback.execution_id is None else str(feedback.execution_id),
        "session_digest": None if feedback.session_id is None else digest(feedback.session_id),
        "boolean_value": feedback.boolean_value,
        "number_value": feedback.number_value,
        "content_commitment": feedback.content_commitment,
        "actor_id": str(feedback.actor_id),
        "created_at": feedback.created_at.astimezone(UTC).isoformat(),
    }


def content_key(feedback_id: UUID) -> dict[str, str]:
    """Return the key under which the words are erased."""
    return {"feedback_id": str(feedback_id)}


class FeedbackCheck:
    """The live check of feedback (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({GIVEN})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == GIVEN
        stored = await repository.find(work.session, [UUID(subject) for subject in subjects])
        return {str(one.feedback.id): _live(one) for one in stored}


def _live(stored: Stored) -> dict[str, Any | Erased]:
    facts: dict[str, Any | Erased] = given_facts(stored.feedback)
    if stored.content is not None:
        facts["content_commitment"] = commitment_to_canonical(stored.content.salt, stored.content.content.encode())
    elif stored.feedback.content_commitment is not None:
        facts["content_commitment"] = Erased(CONTENT_TABLE, content_key(stored.feedback.id))
    return facts
