"""The rules of evaluations: start, read, compare."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mcp_engine.evaluation.datasets.repository import DatasetRepository
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.datasets.service import rows_missing
from mcp_engine.evaluation.runs import views
from mcp_engine.evaluation.runs.comparison import Side, differences
from mcp_engine.evaluation.runs.job import EVALUATE
from mcp_engine.evaluation.runs.metrics import Scored, counted
from mcp_engine.evaluation.runs.planning import Plan, Planner
from mcp_engine.evaluation.runs.repository import EvaluationFilter, EvaluationRepository, Stored
from mcp_engine.evaluation.runs.schemas import (
    MAX_COMPARED,
    ComparedRow,
    Comparison,
    Evaluation,
    EvaluationItem,
    StartEvaluation,
)
from mcp_engine.evaluation.runs.tables import EvaluationItemRow, EvaluationRow, EvaluationScoreRow
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.paging import Page, decode_cursor, decode_id_cursor, decode_number_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService


class EvaluationService:
    """Evaluations of every tenant."""

    def __init__(self, database: Database, planner: Planner, executions: ExecutionService, jobs: JobService) -> None:
        self._database = database
        self._planner = planner
        self._executions = executions
        self._jobs = jobs

    async def start(self, caller: Caller, namespace: str, wanted: StartEvaluation) -> Evaluation:
        """Pin everything and queue the job.

        Raises:
            NotFound, InvalidInput, NotAllowed: as `Planner.plan`.
            Conflict: `dataset.rows_missing`.
        """
        plan = await self._planner.plan(caller, namespace, wanted)
        async with self._work(caller) as work:
            if not await DatasetRepository(work).has_rows(plan.dataset.version_id):
                raise rows_missing(plan.dataset)
            id_ = new_id()
            job_id = await self._jobs.enqueue(work, kind=EVALUATE, subject_id=id_, namespace=namespace)
            await EvaluationRepository(work).add(new_evaluation(work, namespace, plan, id_, job_id))
            return views.evaluation(await _one(work, id_))

    async def get(self, caller: Caller, evaluation_id: UUID) -> Evaluation:
        """Return an evaluation, or raise `NotFound` (`evaluation.not_found`)."""
        async with self._work(caller) as work:
            return views.evaluation(await _one(work, evaluation_id))

    async def readable(self, caller: Caller, evaluation_id: UUID) -> Evaluation:
        """As `get`, for those who go on to its rows.

        Raises:
            NotFound: `evaluation.not_found`.
            NotAllowed: `dataset.sealed`.
        """
        async with self._work(caller) as work:
            return views.evaluation(_readable(await _one(work, evaluation_id)))

    async def list(
        self, caller: Caller, wanted: EvaluationFilter, *, limit: int, cursor: str | None
    ) -> Page[Evaluation]:
        """Return evaluations, newest first."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows = await EvaluationRepository(work).page(wanted, before, limit + 1)
        return page_of([views.evaluation(row) for row in rows], limit, lambda shown: (str(shown.id),))

    async def items(
        self, caller: Caller, evaluation_id: UUID, *, failed: bool, limit: int, cursor: str | None
    ) -> Page[EvaluationItem]:
        """Return rows by position, with what came out and its scores.

        Raises:
            NotFound: `evaluation.not_found`.
            NotAllowed: `dataset.sealed`.
        """
        after = decode_number_cursor(cursor)
        async with self._work(caller) as work:
            _readable(await _one(work, evaluation_id))
            rows = await EvaluationRepository(work).items(evaluation_id, after=after, limit=limit + 1, failed=failed)
        shown = await self.shown(caller, evaluation_id, rows)
        return page_of(shown, limit, lambda one: (one.position,))

    async def shown(
        self, caller: Caller, evaluation_id: UUID, rows: Sequence[EvaluationItemRow]
    ) -> Sequence[EvaluationItem]:
        """Return rows of an evaluation that may be read, with what came out and their scores."""
        positions = [row.position for row in rows]
        async with self._work(caller) as work:
            found = await _one(work, evaluation_id)
            scores = await EvaluationRepository(work).scores(evaluation_id, positions)
            contents = await _contents(work, found.evaluation, positions)
        runs = await self._runs(caller, [row.execution_id for row in rows])
        return [views.item(row, scores[row.position], contents.get(row.position), runs) for row in rows]

    async def compare(self, caller: Caller, evaluation_ids: Sequence[UUID]) -> Comparison:
        """Compare evaluations of the same rows with the first.

        Raises:
            NotFound: `evaluation.not_found`.
            Conflict: `evaluation.not_ended`.
            InvalidInput: `evaluation.compare_count`, `evaluation.nothing_in_common`.
        """
        if not 2 <= len(set(evaluation_ids)) <= MAX_COMPARED or len(set(evaluation_ids)) < len(evaluation_ids):
            raise InvalidInput(
                "evaluation.compare_count",
                f"Name two to {MAX_COMPARED} different evaluations; the first is the baseline.",
            )
        async with self._work(caller) as work:
            found = [await _ended(work, one) for one in evaluation_ids]
            values = await EvaluationRepository(work).values(evaluation_ids)
        sides = [Side(one.evaluation.id, one.evaluation.scorers, values[one.evaluation.id]) for one in found]
        candidates = await asyncio.to_thread(differences, sides[0], sides[1:])
        shown = [views.evaluation(one) for one in found]
        common = set[str](sides[0].scores).intersection(*(side.scores for side in sides))
        return Comparison(baseline=shown[0], evaluations=shown, candidates=candidates, rows=len(common))

    async def compared_rows(
        self,
        caller: Caller,
        evaluation_ids: Sequence[UUID],
        scorer: str,
        *,
        changed: bool,
        limit: int,
        cursor: str | None,
    ) -> Page[ComparedRow]:
        """Return rows side by side, those that became most worse first; `changed` leaves equal ones out.

        Raises:
            NotFound: `evaluation.not_found`, `evaluation.scorer_not_found`.
            Conflict: `evaluation.not_ended`.
        """
        position = decode_cursor(cursor, parts=1)
        start = 0 if position is None or not isinstance(position[0], int) else position[0]
        async with self._work(caller) as work:
            repository = EvaluationRepository(work)
            found = [await _ended(work, one) for one in evaluation_ids]
            described = _scorer(found[0], scorer)
            values = await repository.values(evaluation_ids)
            ordered = _ordered([values[one] for one in evaluation_ids], described, changed=changed)
            chosen = ordered[start : start + limit + 1]
            sides = [await _by_digest(repository, one.evaluation.id, chosen) for one in found]
            base = found[0].evaluation
            contents = await _contents(work, base, [sides[0][row][0].position for row, _ in chosen])
        executions = [side[row][0].execution_id for row, _ in chosen for side in sides]
        runs = await self._runs(caller, executions)
        shown = [
            views.compared(
                [
                    (one, side[row][0], side[row][1].get(scorer))
                    for one, side in zip(evaluation_ids, sides, strict=True)
                ],
                contents.get(sides[0][row][0].position),
                runs,
                change,
            )
            for row, change in chosen
        ]
        return page_of(shown, limit, lambda _: (start + limit,))

    async def _runs(self, caller: Caller, ids: Sequence[UUID | None]) -> Mapping[UUID, ExecutionDetail]:
        wanted = [*{one for one in ids if one is not None}]
        return {run.id: run for run in await self._executions.readable(caller, wanted)}

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def new_evaluation(work: UnitOfWork, namespace: str, plan: Plan, id_: UUID, job_id: UUID) -> EvaluationRow:
    """Return the row of an evaluation that a job will run."""
    subject, dataset = plan.subject, plan.dataset
    return EvaluationRow(
        tenant_id=work.tenant_id,
        id=id_,
        namespace=namespace,
        subject_kind=subject.kind,
        subject_name=subject.name,
        subject_number=subject.number,
        subject_label=subject.label,
        subject_version_id=subject.version_id,
        subject_lock_digest=subject.lock_digest,
        dataset_name=dataset.name,
        dataset_number=dataset.number,
        dataset_version_id=dataset.version_id,
        split=plan.split,
        split_digest=dataset.body["splits"][plan.split]["digest"],
        rows=plan.rows,
        model_name=plan.model.name,
        model_digest=plan.model.digest,
        parameters=dict(plan.parameters),
        scorers=[dict(scorer) for scorer in plan.scorers],
        reuse=plan.reuse,
        salt=secrets.token_hex(16),
        actor_id=work.actor_id,
        job_id=job_id,
    )


async def _one(work: UnitOfWork, evaluation_id: UUID) -> Stored:
    found = (await EvaluationRepository(work).find([evaluation_id])).get(evaluation_id)
    if found is None:
        raise NotFound("evaluation.not_found", f"There is no evaluation {evaluation_id}.")
    return found


def _readable(found: Stored) -> Stored:
    if found.evaluation.split == SEALED:
        raise NotAllowed("dataset.sealed", "What a sealed split scored is for gates alone: they say passed or failed.")
    return found


async def _ended(work: UnitOfWork, evaluation_id: UUID) -> Stored:
    found = _readable(await _one(work, evaluation_id))
    if found.outcome is None:
        raise Conflict(
            "evaluation.not_ended",
            f"The evaluation {evaluation_id} is {found.job.state}; compare it once it has ended.",
        )
    return found


async def _contents(work: UnitOfWork, evaluation: EvaluationRow, positions: Sequence[int]) -> dict[int, Any]:
    rows = await DatasetRepository(work).at(evaluation.dataset_version_id, evaluation.split, positions)
    return {row.position: row.content for row in rows}


async def _by_digest(
    repository: EvaluationRepository, evaluation_id: UUID, chosen: Sequence[tuple[str, float | None]]
) -> dict[str, tuple[EvaluationItemRow, Mapping[str, EvaluationScoreRow]]]:
    items = await repository.items(evaluation_id, digests=[row for row, _ in chosen])
    scores = await repository.scores(evaluation_id, [item.position for item in items])
    return {item.row_digest: (item, scores[item.position]) for item in items}


def _scorer(found: Stored, name: str) -> Mapping[str, Any]:
    scorer = next((one for one in found.evaluation.scorers if one["name"] == name), None)
    if scorer is None:
        raise no_scorer(name, [one["name"] for one in found.evaluation.scorers])
    return scorer


def no_scorer(name: str, there: Sequence[str]) -> NotFound:
    """Return the error that names the scorers of an evaluation."""
    known = ", ".join(there)
    return NotFound("evaluation.scorer_not_found", f"No scorer is named {name[:140]!r} here; there are: {known}.")


def _ordered(
    sides: Sequence[Mapping[str, Mapping[str, Scored]]], scorer: Mapping[str, Any], *, changed: bool
) -> list[tuple[str, float | None]]:
    """Return the rows that all sides have with the change from the first to the last, the worst change first."""
    first, last = sides[0], sides[-1]
    sign = 1 if scorer["direction"] == "higher" else -1

    def value(side: Mapping[str, Mapping[str, Scored]], row: str) -> float | None:
        score = side[row].get(scorer["name"])
        return None if score is None else counted(score, scorer["scale"], scorer["direction"])

    found: list[tuple[str, float | None]] = []
    for row in first:
        if all(row in side for side in sides):
            before, after = value(first, row), value(last, row)
            found.append((row, None if before is None or after is None else after - before))
    if changed:
        found = [one for one in found if one[1]]
    return sorted(found, key=lambda one: (one[1] is None, (one[1] or 0) * sign))
