"""The rules of labels: given by people, one last word on an answer; and the rows of a dataset that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotFound
from mcp_engine.evaluation.datasets.schemas import NewRow, PushDataset
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.schemas import DEMONSTRATION, GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.identifiers import new_id
from rag.answer_events import recorded_answer
from rag.answer_labels import facts
from rag.answer_labels.repository import (
    LITTLE_CONFIDENCE,
    SHOULD_ANSWER,
    SKIPPED,
    SUPPORTED,
    AnswerLabelRepository,
    DoubtFilter,
)
from rag.answer_labels.rows import row_of
from rag.answer_labels.schemas import (
    AnswerLabel,
    Doubt,
    DoubtfulAnswer,
    GiveAnswerLabel,
    LabelsPushed,
    LabelsToDataset,
)
from rag.answer_labels.tables import AnswerLabelRow
from rag.collections import find_collection
from rag.schemas import Answer, Passage

_JUDGED = {
    "supported": (SUPPORTED, True),
    "not_supported": (SUPPORTED, False),
    "should_answer": (SHOULD_ANSWER, True),
    "rightly_refused": (SHOULD_ANSWER, False),
}
"""What a verdict is as feedback: its metric, and whether it is so."""
_AT_ONCE = 200
_SHOWN = {*DoubtfulAnswer.model_fields} & {*Answer.model_fields}


class AnswerLabelService:
    """Labels of answers, of every tenant."""

    def __init__(
        self, database: Database, executions: ExecutionService, feedback: FeedbackService, datasets: DatasetService
    ) -> None:
        self._database = database
        self._executions = executions
        self._feedback = feedback
        self._datasets = datasets

    async def queue(
        self, caller: Caller, namespace: str, collection: str, wanted: DoubtFilter, cursor: str | None, limit: int
    ) -> Page[DoubtfulAnswer]:
        """Return answers from a collection that are in doubt, newest first.

        Raises:
            NotFound: `collection.not_found`. InvalidInput: `paging.bad_cursor`.
        """
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            found = await AnswerLabelRepository(work).doubted(place.id, wanted, before, limit + 1)
        page = page_of(found, limit, lambda one: (str(one.execution_id),))
        runs = await self._readable(caller, [one.execution_id for one in page.items])
        labels = await self._labels(caller, list(runs))
        # Left out is what was erased, and what shows a document that the caller may not read.
        shown = [
            _shown(runs[one.execution_id], one.doubts, labels.get(one.execution_id))
            for one in page.items
            if one.execution_id in runs
        ]
        return Page(items=shown, next_cursor=page.next_cursor)

    async def get(self, caller: Caller, namespace: str, collection: str, execution_id: UUID) -> DoubtfulAnswer:
        """Return an answer from a collection, in doubt or not; raises `NotFound` (`answer.not_found`)."""
        runs = await self._readable(caller, [execution_id])
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            found = await AnswerLabelRepository(work).one(place.id, execution_id, LITTLE_CONFIDENCE)
        if found is None or execution_id not in runs:
            raise _no_answer(collection, execution_id)
        labels = await self._labels(caller, [execution_id])
        return _shown(runs[execution_id], found.doubts, labels.get(execution_id))

    async def give(
        self, caller: Caller, namespace: str, collection: str, execution_id: UUID, given: GiveAnswerLabel
    ) -> AnswerLabel:
        """Record a person's verdict on an answer; a later one takes its place.

        Raises:
            NotAllowed: `label.person_needed` for a machine.
            NotFound: `collection.not_found`, `answer.not_found`.
            InvalidInput: `label.verdict_unfit`, `label.answer_missing`, `label.passage_unknown`, `label.words_unfit`.
        """
        caller.require_person("label.person_needed", "Labels say what people think; a machine's verdict is a score.")
        runs = await self._readable(caller, [execution_id])
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = AnswerLabelRepository(work)
            found = await repository.one(place.id, execution_id, LITTLE_CONFIDENCE)
            if found is None or execution_id not in runs:
                raise _no_answer(collection, execution_id)
            passage = _checked(recorded_answer(runs[execution_id]), given)
            row = AnswerLabelRow(
                tenant_id=work.tenant_id, id=new_id(), execution_id=execution_id, collection_id=place.id,
                verdict=given.verdict, actor_id=work.actor_id, created_at=datetime.now(UTC),
                version_id=passage and passage.version.version_id, start=passage and passage.start,
                end=passage and passage.end,
            )  # fmt: skip
            if given.verdict != SKIPPED:
                metric, value = _JUDGED[given.verdict]
                judged = GiveFeedback(metric_name=metric, value=value, execution_id=execution_id, comment=given.comment)
                row.feedback_id = (await self._feedback.give_within(work, judged)).id
            # Only what was typed: feedback has no access list, so that the passage's own words have no place there.
            if given.answer:
                wish = GiveFeedback(metric_name=DEMONSTRATION, value=given.answer, execution_id=execution_id)
                row.demonstration_id = (await self._feedback.give_within(work, wish)).id
            await repository.add(row)
            await append(work, facts.labelled(row))
        return _label(row, given.answer)

    async def push(self, caller: Caller, namespace: str, collection: str, wanted: LabelsToDataset) -> LabelsPushed:
        """Make the labels of a collection rows of a dataset; raises as `DatasetService.push` too.

        Raises:
            NotFound: `collection.not_found`. Conflict: `label.nothing_to_push`.
        """
        rows: list[NewRow] = []
        count, after = 0, None
        while True:
            async with self._work(caller) as work:
                place = await find_collection(work, namespace, collection)
                found = await AnswerLabelRepository(work).labelled(place.id, after, _AT_ONCE)
            if not found:
                break
            after, count = found[-1], count + len(found)
            runs = await self._readable(caller, found)
            labels = await self._labels(caller, found)
            made = (row_of(recorded_answer(runs[one]), labels[one]) for one in found if one in runs and one in labels)
            rows += [row for row in made if row is not None]
        if not rows:
            raise Conflict(
                "label.nothing_to_push", f"No label of {collection} says what the right answer is; label some first."
            )
        pushed = await self._datasets.push(caller, namespace, PushDataset(**wanted.model_dump(), rows=rows))
        return LabelsPushed(dataset=pushed, rows=len(rows), left_out=count - len(rows))

    async def _readable(self, caller: Caller, execution_ids: Sequence[UUID]) -> dict[UUID, ExecutionDetail]:
        runs = await self._executions.readable(caller, execution_ids)
        return {run.id: run for run in runs if run.inputs.state == "present" and run.output.state == "present"}

    async def _labels(self, caller: Caller, execution_ids: Sequence[UUID]) -> Mapping[UUID, AnswerLabel]:
        async with self._work(caller) as work:
            rows = await AnswerLabelRepository(work).labels(execution_ids)
            wishes = await self._feedback.words_within(
                work, [row.demonstration_id for row in rows.values() if row.demonstration_id is not None]
            )
        return {
            one: _label(row, None if row.demonstration_id is None else wishes.get(row.demonstration_id))
            for one, row in rows.items()
        }

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _no_answer(collection: str, execution_id: UUID) -> NotFound:
    return NotFound("answer.not_found", f"There is no answer {execution_id} from {collection} to label.")


def _checked(answer: Answer, given: GiveAnswerLabel) -> Passage | None:
    """Return the passage that a label names, if the label fits the answer."""
    fits = ("should_answer", "rightly_refused") if answer.refused else ("supported", "not_supported")
    if given.verdict not in (*fits, SKIPPED):
        what = "A refusal" if answer.refused else "An answer"
        raise InvalidInput("label.verdict_unfit", f"{what} is labelled {fits[0]} or {fits[1]}, or skipped.")
    says_better = given.verdict in ("should_answer", "not_supported")
    if not says_better and (given.passage or given.answer):
        raise InvalidInput("label.words_unfit", f"With {given.verdict} there is no other answer to give.")
    if given.verdict == "should_answer" and not (given.passage or given.answer):
        raise InvalidInput("label.answer_missing", "Choose the passage that answers, or write the answer.")
    if given.passage is None:
        return None
    wanted = (given.passage.version_id, given.passage.start, given.passage.end)
    for passage in answer.passages:
        if (passage.version.version_id, passage.start, passage.end) == wanted:
            return passage
    raise InvalidInput("label.passage_unknown", "Choose one of the passages that this answer was found from.")


def _shown(run: ExecutionDetail, doubts: list[Doubt], label: AnswerLabel | None) -> DoubtfulAnswer:
    answer = recorded_answer(run)
    members = answer.model_dump(include=_SHOWN)
    return DoubtfulAnswer.model_validate(
        {**members, "created_at": run.created_at, "doubts": doubts, "label": label and label.model_dump()}
    )


def _label(row: AnswerLabelRow, words: str | None) -> AnswerLabel:
    return AnswerLabel.model_validate({**row.model_dump(include={*AnswerLabel.model_fields}), "answer": words})
