"""What the audit log says about drafted questions, and the check that their rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.database.engine import UnitOfWork
from rag.drafting.repository import DraftRepository
from rag.drafting.tables import DraftVerdictRow, QuestionDraftRow

STARTED: Final = "question_draft.started"
JUDGED: Final = "question_draft.judged"


def started_facts(draft: QuestionDraftRow) -> dict[str, Any]:
    """Return the facts of the leaf `question_draft.started`: everything pinned."""
    return {
        "namespace": draft.namespace,
        "collection_id": str(draft.collection_id),
        "prompt_version": str(draft.prompt_version_id),
        "prompt_lock_digest": draft.prompt_lock_digest,
        "seed": draft.seed,
        "questions": draft.questions,
        "actor_id": str(draft.actor_id),
    }


def judged_facts(verdict: DraftVerdictRow) -> dict[str, Any]:
    """Return the facts of the leaf `question_draft.judged`; a person's words are feedback, with leaves of its own."""
    return {
        "draft_id": str(verdict.draft_id),
        "position": verdict.position,
        "verdict": verdict.verdict,
        "feedback_id": verdict.feedback_id and str(verdict.feedback_id),
        "wording_id": verdict.wording_id and str(verdict.wording_id),
        "actor_id": str(verdict.actor_id),
    }


class DraftCheck:
    """The live check of drafted questions (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({STARTED, JUDGED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        repository, ids = DraftRepository(work.session), [UUID(subject) for subject in subjects]
        if kind == STARTED:
            return {str(id_): started_facts(one.row) for id_, one in (await repository.find(ids)).items()}
        return {str(id_): judged_facts(one) for id_, one in (await repository.verdicts(ids)).items()}
