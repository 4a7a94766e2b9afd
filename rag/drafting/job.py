"""The durable job behind a draft: one run of the prompt for each sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError, NotFound
from mcp_engine.evaluation.runs.job import caller_of
from mcp_engine.jobs.batches import in_batches
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.kinds import is_permanent
from mcp_engine.prompts.schemas import PromptDetail, RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService
from rag.drafting.repository import DraftRepository
from rag.drafting.tables import DraftedQuestionRow, DraftedRunRow, QuestionDraftRow
from rag.drafting.texts import Shown, shown
from rag.drafting.wording import question_in

DRAFT: Final = "rag.draft_questions"
DRAFT_RUN: Final = "draft_question"
"""The kind of execution that the wording of a question is recorded as."""
NO_QUESTION: Final = "no_question"
CONCURRENCY: Final = 4


class DraftJob:
    """Words what is not worded yet, and commits as it goes: an interrupted one goes on where it was.

    It reads documents as whoever asked for the draft does.
    """

    name = DRAFT
    max_attempts = 5

    def __init__(self, prompts: PromptService) -> None:
        self._prompts = prompts

    async def run(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            repository = DraftRepository(work.session)
            found = (await repository.find([context.subject_id])).get(context.subject_id)
            if found is None:
                raise NotFound("question_draft.not_found", f"There is no draft {context.subject_id}.")
            left = await repository.left(context.subject_id)
        draft, caller = found.row, caller_of(context)
        async with context.database.unit_of_work(context.tenant_id, context.actor_id) as work:
            texts = await shown(work, left)
        prompt = await self._prompts.get(
            caller,
            draft.namespace,
            draft.prompt_name,
            version=draft.prompt_number,
            lock_digest=draft.prompt_lock_digest,
        )
        # What was erased since, or may not be read any more, is not asked about.
        values = {row.position: values_of(texts[row.position], prompt) for row in left if row.position in texts}
        todo = [(row, values[row.position]) for row in left if values.get(row.position)]
        done = draft.questions - len(todo)
        await context.progress(done, draft.questions)

        async def word(one: tuple[DraftedQuestionRow, Mapping[str, str]]) -> DraftedRunRow:
            return await self._worded(context, caller, draft, *one)

        async def keep(runs: Sequence[DraftedRunRow]) -> None:
            nonlocal done
            async with context.unit_of_work() as work:
                await DraftRepository(work.session).keep(runs)
            done += len(runs)
            await context.progress(done, draft.questions)

        await in_batches(todo, word, keep, at_once=CONCURRENCY)

    async def _worded(
        self,
        context: JobContext,
        caller: Caller,
        draft: QuestionDraftRow,
        row: DraftedQuestionRow,
        values: Mapping[str, str],
    ) -> DraftedRunRow:
        worded = DraftedRunRow(
            tenant_id=context.tenant_id, draft_id=row.draft_id, position=row.position, ended_at=datetime.now(UTC)
        )
        wanted = RunPrompt(version=draft.prompt_number, variables=dict(values))
        events = self._prompts.run(
            caller, draft.namespace, draft.prompt_name, wanted,
            kind=DRAFT_RUN, lock_digest=draft.prompt_lock_digest, shown=[row.version_id],
        )  # fmt: skip
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, RunCompleted):
                        worded.execution_id = event.execution_id
                        worded.fault = None if question_in(event.output) else NO_QUESTION
        except EngineError as error:
            # One sentence may be too much for a model; when the model is away, all are asked about again.
            if not is_permanent(error) and context.attempt < self.max_attempts:
                raise
            worded.fault = error.code
        return worded


def values_of(text: Shown, prompt: PromptDetail) -> dict[str, str]:
    """Return the values of the variables that a prompt takes; none for a text that is erased."""
    if text.sentence is None:
        return {}
    around = (text.before or "") + text.sentence + (text.after or "")
    values = {"sentence": text.sentence, "passage": around, "document": text.version.document}
    return {name: value for name, value in values.items() if name in prompt.inputs.get("properties", {})}
