"""The rules of drafted questions: sentences are drawn, a prompt asks about them, a person confirms."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotFound
from mcp_engine.evaluation.datasets.schemas import NewRow, PushDataset
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.schemas import DEMONSTRATION, GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.paging import Page, decode_id_cursor, decode_number_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService
from mcp_engine.prompts.kind import KIND as PROMPT
from mcp_engine.prompts.schemas import PromptDetail
from mcp_engine.prompts.service import PromptService
from rag.collections import find_collection
from rag.drafting import views
from rag.drafting.facts import JUDGED, STARTED, judged_facts, started_facts
from rag.drafting.job import DRAFT
from rag.drafting.repository import DraftRepository, DrawnChunk, StoredDraft, StoredQuestion
from rag.drafting.sampling import Place, Stretch, drawn
from rag.drafting.schemas import (
    DraftedQuestion,
    DraftPushed,
    DraftToDataset,
    GiveVerdict,
    QuestionDraft,
    QuestionState,
    StartDraft,
)
from rag.drafting.tables import DraftedQuestionRow, DraftVerdictRow, QuestionDraftRow
from rag.drafting.texts import shown
from rag.prompt_use import PromptUse
from rag.question_text import checked_question
from rag.repository import DocumentRepository

ACCEPTED_METRIC: Final = "question_accepted"
"""What verdicts are as feedback on the prompt's runs."""
_CHUNKS_PER_QUESTION: Final = 3
"""Not every chunk holds a sentence that can be asked about."""
_USE: Final = PromptUse("word questions", ("sentence",), ("document", "passage"))


class DraftService:
    """Drafted questions of every tenant."""

    def __init__(
        self,
        database: Database,
        jobs: JobService,
        prompts: PromptService,
        executions: ExecutionService,
        feedback: FeedbackService,
        datasets: DatasetService,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._prompts = prompts
        self._executions = executions
        self._feedback = feedback
        self._datasets = datasets

    async def start(self, caller: Caller, namespace: str, wanted: StartDraft) -> QuestionDraft:
        """Draw the sentences, pin the prompt, and queue the job that words the questions.

        Raises:
            NotFound: `collection.not_found`; as `PromptService.get`.
            InvalidInput: `question_draft.prompt_unfit`, `question_draft.nothing_to_ask`.
        """
        reference = Reference.parse(PROMPT, wanted.prompt)
        prompt = await self._prompts.get(
            caller, namespace, reference.name, version=reference.version, label=reference.label
        )
        misfit = _USE.misfit(reference, prompt.inputs)
        if misfit is not None:
            raise InvalidInput("question_draft.prompt_unfit", misfit)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, wanted.collection)
            repository = DraftRepository(work.session)
            chunks = await repository.drawn(place.id, wanted.seed, wanted.questions * _CHUNKS_PER_QUESTION)
            chosen = drawn(await _stretches(work, chunks), wanted.questions, wanted.seed)
            if not chosen:
                raise InvalidInput(
                    "question_draft.nothing_to_ask",
                    f"No searched document of {wanted.collection} has a sentence to ask about; add documents of prose.",
                )
            row = _draft(work, namespace, place.id, wanted, prompt, len(chosen))
            row.job_id = await self._jobs.enqueue(work, kind=DRAFT, subject_id=row.id, namespace=namespace)
            await repository.add(row, _questions(row, chosen))
            await append(work, AuditEvent(STARTED, str(row.id), started_facts(row)))
            return views.draft(await _one(work, row.id))

    async def get(self, caller: Caller, draft_id: UUID) -> QuestionDraft:
        """Return a draft; raises `NotFound` (`question_draft.not_found`)."""
        async with self._work(caller) as work:
            return views.draft(await _one(work, draft_id))

    async def list(
        self, caller: Caller, namespace: str | None, collection: str | None, *, limit: int, cursor: str | None
    ) -> Page[QuestionDraft]:
        """Return drafts, newest first."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows = await DraftRepository(work.session).page(namespace, collection, before, limit + 1)
        return page_of([views.draft(row) for row in rows], limit, lambda one: (str(one.id),))

    async def questions(
        self, caller: Caller, draft_id: UUID, state: QuestionState | None, *, limit: int, cursor: str | None
    ) -> Page[DraftedQuestion]:
        """Return questions by position, without those of documents that the caller may not read.

        Raises:
            NotFound: `question_draft.not_found`. InvalidInput: `paging.bad_cursor`.
        """
        after = decode_number_cursor(cursor) or 0
        async with self._work(caller) as work:
            await _one(work, draft_id)
            found = await DraftRepository(work.session).questions(draft_id, state=state, after=after, limit=limit + 1)
        page = page_of(found, limit, lambda one: (one.row.position,))
        return Page(items=await self._shown(caller, page.items), next_cursor=page.next_cursor)

    async def judge(self, caller: Caller, draft_id: UUID, position: int, given: GiveVerdict) -> DraftedQuestion:
        """Record a person's verdict on a question; a later one takes its place.

        Raises:
            NotAllowed: `question_draft.person_needed` for a machine.
            NotFound: `question_draft.not_found`, `question_draft.question_not_found`.
            Conflict: `question_draft.not_worded` while the prompt has not been run on it.
            InvalidInput: `question_draft.no_question` for one that is accepted without words.
        """
        caller.require_person(
            "question_draft.person_needed", "Only a person says that a question is right; sign in as one."
        )
        async with self._work(caller) as work:
            stored = await _question(work, draft_id, position)
            row = await self._verdict(work, stored, given)
            await DraftRepository(work.session).judge(row)
            await append(work, AuditEvent(JUDGED, str(row.id), judged_facts(row)))
        async with self._work(caller) as work:
            stored = await _question(work, draft_id, position)
        return (await self._shown(caller, [stored]))[0]

    async def push(self, caller: Caller, draft_id: UUID, wanted: DraftToDataset) -> DraftPushed:
        """Make the accepted questions of a draft rows of a dataset; raises as `DatasetService.push` too.

        Raises:
            NotFound: `question_draft.not_found`. Conflict: `question_draft.nothing_accepted`.
        """
        async with self._work(caller) as work:
            draft = await _one(work, draft_id)
            found = await DraftRepository(work.session).questions(draft_id, state="accepted")
        questions = await self._shown(caller, found)
        rows = [_row(one) for one in questions if one.question is not None and one.sentence is not None]
        if not rows:
            raise Conflict(
                "question_draft.nothing_accepted",
                "No question of this draft is accepted that you may read; accept some.",
            )
        pushed = await self._datasets.push(caller, draft.row.namespace, PushDataset(**wanted.model_dump(), rows=rows))
        return DraftPushed(dataset=pushed, rows=len(rows), left_out=draft.states.get("accepted", 0) - len(rows))

    async def _verdict(self, work: UnitOfWork, stored: StoredQuestion, given: GiveVerdict) -> DraftVerdictRow:
        run = stored.run
        if run is None:
            raise Conflict(
                "question_draft.not_worded", "The prompt has not been run on this sentence yet; wait for it."
            )
        accepts = given.verdict == "accepted"
        if accepts and given.question is None and run.fault is not None:
            raise InvalidInput(
                "question_draft.no_question", "The model wrote no question here; write one to accept, or reject it."
            )
        row = DraftVerdictRow(
            tenant_id=work.tenant_id, id=new_id(), draft_id=run.draft_id, position=run.position, verdict=given.verdict,
            actor_id=work.actor_id, created_at=datetime.now(UTC),
        )  # fmt: skip
        if run.execution_id is None:
            if accepts:
                raise InvalidInput(
                    "question_draft.no_run", "The prompt's run failed here, and words have no place; reject it."
                )
            return row
        judged = GiveFeedback(metric_name=ACCEPTED_METRIC, value=accepts, execution_id=run.execution_id)
        row.feedback_id = (await self._feedback.give_within(work, judged)).id
        if given.question is not None:
            words = GiveFeedback(
                metric_name=DEMONSTRATION, value=checked_question(given.question).strip(), execution_id=run.execution_id
            )
            row.wording_id = (await self._feedback.give_within(work, words)).id
        return row

    async def _shown(self, caller: Caller, found: Sequence[StoredQuestion]) -> list[DraftedQuestion]:
        runs = [one.run.execution_id for one in found if one.run is not None and one.run.execution_id is not None]
        written = {run.id: views.written(run) for run in await self._executions.readable(caller, runs)}
        wordings = [one.verdict.wording_id for one in found if one.verdict is not None and one.verdict.wording_id]
        async with self._work(caller) as work:
            words = await self._feedback.words_within(work, wordings)
            texts = await shown(work, [one.row for one in found])
        return [
            views.question(one, texts[one.row.position], written, words) for one in found if one.row.position in texts
        ]

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


async def _stretches(work: UnitOfWork, chunks: Sequence[DrawnChunk]) -> list[Stretch]:
    repository = DocumentRepository(work.session, work.tenant_id)
    texts = await repository.slices([(one.version_id, one.start, one.end) for one in chunks])
    return [
        Stretch(one.version_id, one.start, text, [*zip(one.starts, one.ends, strict=True)])
        for one, text in zip(chunks, texts, strict=True)
        if text is not None
    ]


def _draft(
    work: UnitOfWork, namespace: str, collection_id: UUID, wanted: StartDraft, prompt: PromptDetail, count: int
) -> QuestionDraftRow:
    return QuestionDraftRow(
        tenant_id=work.tenant_id, id=new_id(), namespace=namespace, job_id=new_id(), collection_id=collection_id,
        collection=wanted.collection, prompt_name=prompt.name, prompt_number=prompt.number,
        prompt_version_id=prompt.version_id, prompt_lock_digest=prompt.lock_digest, seed=wanted.seed, questions=count,
        actor_id=work.actor_id,
    )  # fmt: skip


def _questions(draft: QuestionDraftRow, places: Sequence[Place]) -> list[DraftedQuestionRow]:
    return [
        DraftedQuestionRow(
            tenant_id=draft.tenant_id, draft_id=draft.id, position=position, version_id=one.version_id,
            start=one.start, end=one.end,
        )
        for position, one in enumerate(places, start=1)
    ]  # fmt: skip


def _row(question: DraftedQuestion) -> NewRow:
    """Return the row of an accepted question; its source is words of a document, which survive its next version."""
    return NewRow(
        inputs={"question": question.question},
        expected=question.sentence,
        metadata={
            "sources": [{"document": question.version.document, "text": question.sentence}],
            "execution_id": str(question.execution_id),
        },
    )


async def _one(work: UnitOfWork, draft_id: UUID) -> StoredDraft:
    found = (await DraftRepository(work.session).find([draft_id])).get(draft_id)
    if found is None:
        raise NotFound("question_draft.not_found", f"There is no draft {draft_id}.")
    return found


async def _question(work: UnitOfWork, draft_id: UUID, position: int) -> StoredQuestion:
    draft = await _one(work, draft_id)
    found = await DraftRepository(work.session).question(draft_id, position)
    if found is None:
        raise NotFound(
            "question_draft.question_not_found",
            f"The draft {draft_id} has no question {position} that you may read; it has 1 to {draft.row.questions}.",
        )
    return found
