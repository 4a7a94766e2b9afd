"""The rules of judged comparisons: start, read; never of the sealed split."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotFound
from mcp_engine.evaluation.datasets.repository import DatasetRepository
from mcp_engine.evaluation.pairs import views
from mcp_engine.evaluation.pairs.job import JUDGE_PAIRS
from mcp_engine.evaluation.pairs.planning import JudgePlan, JudgePlanner
from mcp_engine.evaluation.pairs.repository import ComparisonFilter, JudgedRepository, StoredComparison
from mcp_engine.evaluation.pairs.schemas import JudgedComparison, JudgedItem, RowResult, StartJudgedComparison
from mcp_engine.evaluation.pairs.tables import JudgedComparisonRow
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.service import EvaluationService
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.paging import Page, decode_id_cursor, decode_number_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService


class JudgedComparisonService:
    """Judged comparisons of every tenant."""

    def __init__(
        self,
        database: Database,
        evaluations: EvaluationService,
        planner: JudgePlanner,
        executions: ExecutionService,
        jobs: JobService,
    ) -> None:
        self._database = database
        self._evaluations = evaluations
        self._planner = planner
        self._executions = executions
        self._jobs = jobs

    async def start(self, caller: Caller, namespace: str, wanted: StartJudgedComparison) -> JudgedComparison:
        """Pin everything and queue the job.

        Raises:
            NotFound: `evaluation.not_found`, and as `JudgePlanner.plan`.
            NotAllowed: `dataset.sealed`.
            Conflict: `evaluation.not_ended`.
            InvalidInput: `judged_comparison.one_evaluation`, `evaluation.nothing_in_common`,
                and as `JudgePlanner.plan`.
        """
        await self._check(caller, wanted)
        plan = await self._planner.plan(caller, namespace, wanted.judge)
        async with self._work(caller) as work:
            repository = JudgedRepository(work)
            rows = len(await repository.common(wanted.baseline, wanted.candidate))
            if not rows:
                raise InvalidInput(
                    "evaluation.nothing_in_common",
                    f"The evaluations {wanted.baseline} and {wanted.candidate} have no row in common; "
                    "run both on the same rows.",
                )
            row = _row(work, namespace, wanted, plan, rows)
            row.job_id = await self._jobs.enqueue(work, kind=JUDGE_PAIRS, subject_id=row.id, namespace=namespace)
            await repository.add(row)
            return views.comparison(await _one(work, row.id))

    async def get(self, caller: Caller, comparison_id: UUID) -> JudgedComparison:
        """Return a judged comparison, or raise `NotFound` (`judged_comparison.not_found`)."""
        async with self._work(caller) as work:
            return views.comparison(await _one(work, comparison_id))

    async def list(
        self, caller: Caller, wanted: ComparisonFilter, *, limit: int, cursor: str | None
    ) -> Page[JudgedComparison]:
        """Return judged comparisons, newest first."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows = await JudgedRepository(work).page(wanted, before, limit + 1)
        return page_of([views.comparison(row) for row in rows], limit, lambda shown: (str(shown.id),))

    async def rows(
        self, caller: Caller, comparison_id: UUID, result: RowResult | None, *, limit: int, cursor: str | None
    ) -> Page[JudgedItem]:
        """Return rows by position with both verdicts; only those that came out as `result`, if it is given.

        Raises:
            NotFound: `judged_comparison.not_found`.
        """
        after = decode_number_cursor(cursor)
        async with self._work(caller) as work:
            found = (await _one(work, comparison_id)).comparison
            repository = JudgedRepository(work)
            rows = await repository.rows(comparison_id, result, after=after, limit=limit + 1)
            positions = [row.position for row in rows]
            verdicts = await repository.verdicts(comparison_id, positions)
            baseline = (await EvaluationRepository(work).find([found.baseline_id]))[found.baseline_id].evaluation
            members = await DatasetRepository(work).at(baseline.dataset_version_id, baseline.split, positions)
        contents = {member.position: member.content for member in members}
        sides = [side for row in rows for side in (row.baseline_execution_id, row.candidate_execution_id)]
        runs = await self._executions.readable(caller, [*{side for side in sides if side is not None}])
        by_id = {run.id: run for run in runs}
        shown = [views.item(row, verdicts[row.position], contents.get(row.position), by_id) for row in rows]
        return page_of(shown, limit, lambda one: (one.position,))

    async def _check(self, caller: Caller, wanted: StartJudgedComparison) -> None:
        if wanted.baseline == wanted.candidate:
            raise InvalidInput("judged_comparison.one_evaluation", "Name two different evaluations.")
        for side in (wanted.baseline, wanted.candidate):
            evaluation = await self._evaluations.readable(caller, side)
            if evaluation.metrics is None:
                raise Conflict(
                    "evaluation.not_ended", f"The evaluation {side} is {evaluation.state}; judge it once it has ended."
                )

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _row(
    work: UnitOfWork, namespace: str, wanted: StartJudgedComparison, plan: JudgePlan, rows: int
) -> JudgedComparisonRow:
    return JudgedComparisonRow(
        tenant_id=work.tenant_id,
        id=new_id(),
        namespace=namespace,
        job_id=new_id(),
        baseline_id=wanted.baseline,
        candidate_id=wanted.candidate,
        judge_name=plan.judge.name,
        judge_number=plan.judge.number,
        judge_version_id=plan.judge.version_id,
        judge_lock_digest=plan.judge.lock_digest,
        prompt_name=plan.prompt_name,
        prompt_number=plan.prompt_number,
        model_name=plan.model_name,
        model_digest=plan.model_digest,
        rows=rows,
        reuse=wanted.reuse,
        actor_id=work.actor_id,
    )


async def _one(work: UnitOfWork, comparison_id: UUID) -> StoredComparison:
    found = (await JudgedRepository(work).find([comparison_id])).get(comparison_id)
    if found is None:
        raise NotFound("judged_comparison.not_found", f"There is no judged comparison {comparison_id}.")
    return found
