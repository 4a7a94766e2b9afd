"""Answers whose citations were looked at again, as callers see them; and asking again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.jobs.service import JobService
from rag.asking import AskService
from rag.collections import find_collection
from rag.lost_support import facts
from rag.lost_support.job import recheck_overtaken
from rag.lost_support.repository import AnswersFilter, Known, SupportRepository
from rag.lost_support.schemas import CitationSupport, SupportPlace, UnsupportedAnswer
from rag.lost_support.standing import STANDINGS
from rag.schemas import Answer
from rag.strategy import Filters


class SupportService:
    """Shows which answers lost their support, and asks their questions again."""

    def __init__(self, database: Database, jobs: JobService, executions: ExecutionService, asking: AskService) -> None:
        self._database = database
        self._jobs = jobs
        self._executions = executions
        self._asking = asking
        executions.on_erasure(_forget)
        asking.with_answer(self._recheck_if_overtaken)

    async def answers(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        wanted: AnswersFilter,
        cursor: str | None,
        limit: int,
    ) -> Page[UnsupportedAnswer]:
        """Return answers from a collection whose worst citation stands as wanted, newest first.

        Raises:
            NotFound: `collection.not_found`.
            InvalidInput: `paging.bad_cursor`.
        """
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = SupportRepository(work.session, work.tenant_id)
            found = await repository.answers(place.id, wanted, before, limit + 1)
            page = page_of(found, limit, lambda one: (str(one),))
            rows = await repository.citations(page.items)
        by_answer: dict[UUID, list[Known]] = {}
        for row in rows:
            by_answer.setdefault(row.execution_id, []).append(row)
        runs = await self._executions.readable(caller, page.items)
        # Left out is what was erased between the two looks, and what shows a document that the caller may not read.
        shown = [_shown(run, by_answer[run.id]) for run in runs if run.id in by_answer and _is_present(run)]
        return Page(items=shown, next_cursor=page.next_cursor)

    async def ask_again(self, caller: Caller, namespace: str, collection: str, execution_id: UUID) -> Answer:
        """Ask the question of such an answer again, with the strategy and the filters that it named, and take the
        old one off the list.

        Raises:
            NotFound: `collection.not_found`, `answer.not_found`, or the strategy is there no more.
            NotAllowed: `access.scope_missing` without `executions:read`, since the question is shown.
            Conflict: `answer.asked_again`; the message names the execution.
        """
        caller.require("executions:read")
        run = next(iter(await self._executions.readable(caller, [execution_id])), None)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = SupportRepository(work.session, work.tenant_id)
            if run is None or not await repository.is_known(place.id, execution_id):
                raise NotFound("answer.not_found", f"No answer {execution_id} from {collection} was looked at again.")
            again_id = await repository.asked_again(execution_id)
            if again_id is not None:
                raise Conflict("answer.asked_again", f"It was asked again before: see the execution {again_id}.")
        given = run.inputs.value
        answer = await self._asking.answer(
            caller, namespace, collection, given["question"], _strategy(run),
            filters=Filters.model_validate(given["filters"]) if "filters" in given else None,
            follows=UUID(given["follows"]) if "follows" in given and run.actor_id == caller.principal_id else None,
        )  # fmt: skip
        async with self._work(caller) as work:
            if await SupportRepository(work.session, work.tenant_id).insert_again(execution_id, answer.execution_id):
                await append(work, facts.asked_again(execution_id, answer.execution_id))
        return answer

    async def _recheck_if_overtaken(self, work: UnitOfWork, answer: Answer) -> None:
        if not answer.refused:
            await recheck_overtaken(work, self._jobs, {cited.version.version_id for cited in answer.citations})

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


async def _forget(work: UnitOfWork, execution_id: UUID, _reason: str) -> None:
    """Remove what tells of an answer's content, when that is erased."""
    await SupportRepository(work.session, work.tenant_id).forget(execution_id)


def _strategy(run: ExecutionDetail) -> str:
    """Return the strategy as it was asked for, so that a label means what it means now."""
    assert run.artifact is not None
    return run.artifact.name if run.artifact.label is None else f"{run.artifact.name}@{run.artifact.label}"


def _is_present(run: ExecutionDetail) -> bool:
    return run.inputs.state == "present" and run.output.state == "present"


def _shown(run: ExecutionDetail, known: Sequence[Known]) -> UnsupportedAnswer:
    cited: dict[int, Mapping[str, Any]] = {citation["n"]: citation for citation in run.output.value["citations"]}
    return UnsupportedAnswer(
        execution_id=run.id,
        question=run.inputs.value["question"],
        created_at=run.created_at,
        standing=next(standing for standing in STANDINGS if standing in {one.standing for one in known}),
        citations=[_citation(one, cited[one.n]) for one in known],
    )


def _citation(known: Known, cited: Mapping[str, Any]) -> CitationSupport:
    place = None
    if known.against is not None and known.start is not None and known.end is not None:
        place = SupportPlace(number=known.against, start=known.start, end=known.end)
    return CitationSupport(
        n=known.n, document_id=known.document_id, document=known.document, number=known.number, start=cited["start"],
        end=cited["end"], cited_text=cited["cited_text"], standing=known.standing, place=place,
        looked_at=known.looked_at,
    )  # fmt: skip
