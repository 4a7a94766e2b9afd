"""From rows to what the API shows of drafted questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.jobs.schemas import JobState
from rag.drafting.repository import StoredDraft, StoredQuestion
from rag.drafting.schemas import DraftedQuestion, QuestionDraft, QuestionState
from rag.drafting.texts import Shown
from rag.drafting.wording import question_in


def draft(stored: StoredDraft) -> QuestionDraft:
    row, job, states = stored
    return QuestionDraft(
        id=row.id, namespace=row.namespace, state=cast("JobState", job.state), job_id=row.job_id,
        error_code=job.error_code, error_message=job.error_message, collection=row.collection, prompt=row.prompt_name,
        prompt_number=row.prompt_number, prompt_lock_digest=row.prompt_lock_digest, seed=row.seed,
        questions=row.questions, progress_done=job.progress_done, open=states.get("open", 0),
        unusable=states.get("unusable", 0), accepted=states.get("accepted", 0), rejected=states.get("rejected", 0),
        actor_id=row.actor_id, created_at=row.created_at, ended_at=job.finished_at,
    )  # fmt: skip


def written(run: ExecutionDetail) -> str | None:
    """Return what the model wrote; None once it is erased."""
    return run.output.value if run.output.state == "present" else None


def question(
    stored: StoredQuestion, text: Shown, outputs: Mapping[UUID, str | None], words: Mapping[UUID, str]
) -> DraftedQuestion:
    """Return a question as it is shown.

    Args:
        outputs: of the prompt's runs, those that may be read.
        words: of people, by the id of the feedback that holds them.
    """
    row, run, verdict, state = stored
    output = None if run is None or run.execution_id is None else outputs.get(run.execution_id)
    own = None if verdict is None or verdict.wording_id is None else verdict.wording_id
    return DraftedQuestion(
        draft_id=row.draft_id, position=row.position, state=cast("QuestionState", state), version=text.version,
        start=row.start, end=row.end, before=text.before, sentence=text.sentence, after=text.after,
        question=words.get(own) if own is not None else output and question_in(output), written=output,
        fault=run and run.fault, execution_id=run and run.execution_id, actor_id=verdict and verdict.actor_id,
    )  # fmt: skip
