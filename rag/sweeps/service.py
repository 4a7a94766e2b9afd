"""The rules of sweeps: start, read; never of the sealed split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.datasets.repository import DatasetRepository
from mcp_engine.evaluation.datasets.service import rows_missing
from mcp_engine.evaluation.runs.planning import Plan, Planner
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.schemas import StartEvaluation
from mcp_engine.evaluation.runs.service import new_evaluation, no_scorer
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService
from rag.collections import find_collection
from rag.evaluating import COLLECTION, OPTIONS
from rag.strategies import Strategies
from rag.strategy import KIND, Strategy
from rag.sweeps import views
from rag.sweeps.facts import STARTED, started_facts
from rag.sweeps.grid import checked_options, combinations
from rag.sweeps.job import SWEEP
from rag.sweeps.repository import StoredSweep, SweepRepository
from rag.sweeps.schemas import RiskCoverage, StartSweep, Sweep, SweepDetail
from rag.sweeps.tables import CombinationRow, SweepRow


class SweepService:
    """Sweeps of every tenant."""

    def __init__(self, database: Database, jobs: JobService, strategies: Strategies, planner: Planner) -> None:
        self._database = database
        self._jobs = jobs
        self._strategies = strategies
        self._planner = planner

    async def start(self, caller: Caller, namespace: str, wanted: StartSweep) -> SweepDetail:
        """Pin everything, make an evaluation of each combination, and queue the job that runs them.

        Raises:
            NotFound: `collection.not_found`; as `Planner.plan`.
            InvalidInput: what `checked_options` raises; as `Planner.plan`.
            NotAllowed: `dataset.sealed`.
            Conflict: `dataset.rows_missing`.
        """
        async with self._work(caller) as work:
            await find_collection(work, namespace, wanted.collection)
            await self._strategies.resolve_in(work, namespace, wanted.strategy)
        plan = await self._planner.plan(caller, namespace, _evaluation(wanted))
        options = checked_options(Strategy.model_validate(plan.subject.body), wanted.options)
        async with self._work(caller) as work:
            if not await DatasetRepository(work).has_rows(plan.dataset.version_id):
                raise rows_missing(plan.dataset)
            chosen = combinations(options)
            row = _row(work, namespace, wanted.collection, plan, options, len(chosen))
            row.job_id = await self._jobs.enqueue(work, kind=SWEEP, subject_id=row.id, namespace=namespace)
            found = [await _combination(work, row, plan, number, one) for number, one in enumerate(chosen, start=1)]
            await SweepRepository(work.session).add(row, found)
            await append(work, AuditEvent(STARTED, str(row.id), started_facts(row)))
            return await _detail(work, row.id, None)

    async def get(self, caller: Caller, sweep_id: UUID, metric: str | None = None) -> SweepDetail:
        """Return a sweep with its combinations.

        Args:
            metric: the scorer by which combinations are optimal; the first one if it is not said.

        Raises:
            NotFound: `sweep.not_found`, `evaluation.scorer_not_found`.
        """
        async with self._work(caller) as work:
            return await _detail(work, sweep_id, metric)

    async def list(
        self, caller: Caller, namespace: str | None, collection: str | None, *, limit: int, cursor: str | None
    ) -> Page[Sweep]:
        """Return sweeps, newest first."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows = await SweepRepository(work.session).page(namespace, collection, before, limit + 1)
        return page_of([views.sweep(row) for row in rows], limit, lambda shown: (str(shown.id),))

    async def risk_coverage(self, caller: Caller, sweep_id: UUID, position: int) -> RiskCoverage:
        """Return the curve of one combination.

        Raises:
            NotFound: `sweep.not_found`, `sweep.combination_not_found`.
        """
        async with self._work(caller) as work:
            stored = await _one(work, sweep_id)
            found = await SweepRepository(work.session).combinations(sweep_id)
        for one in found:
            if one.row.position == position:
                return views.risk_coverage(one)
        raise NotFound(
            "sweep.combination_not_found",
            f"The sweep {sweep_id} has the combinations 1 to {stored.row.combinations}, and no {position}.",
        )

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _evaluation(wanted: StartSweep) -> StartEvaluation:
    """Return the evaluation of which each combination is a variant."""
    return StartEvaluation(
        kind=KIND, subject=wanted.strategy, dataset=wanted.dataset, split=wanted.split, scorers=wanted.scorers,
        parameters={COLLECTION: wanted.collection}, limit=wanted.limit,
    )  # fmt: skip


def _row(
    work: UnitOfWork, namespace: str, collection: str, plan: Plan, options: Mapping[str, Sequence[Any]], count: int
) -> SweepRow:
    subject, dataset = plan.subject, plan.dataset
    return SweepRow(
        tenant_id=work.tenant_id, id=new_id(), namespace=namespace, job_id=new_id(), collection=collection,
        strategy_name=subject.name, strategy_number=subject.number, strategy_label=subject.label,
        strategy_version_id=subject.version_id, strategy_lock_digest=subject.lock_digest, dataset_name=dataset.name,
        dataset_number=dataset.number, dataset_version_id=dataset.version_id, split=plan.split,
        split_digest=dataset.body["splits"][plan.split]["digest"], rows=plan.rows,
        options=[{"option": name, "values": [*values]} for name, values in options.items()], combinations=count,
        scorers=[dict(scorer) for scorer in plan.scorers], actor_id=work.actor_id,
    )  # fmt: skip


async def _combination(
    work: UnitOfWork, row: SweepRow, plan: Plan, position: int, options: dict[str, Any]
) -> CombinationRow:
    """Return a combination, whose evaluation is made here."""
    variant = replace(plan, parameters={**plan.parameters, OPTIONS: options})
    evaluation = new_evaluation(work, row.namespace, variant, new_id(), row.job_id)
    await EvaluationRepository(work).add(evaluation)
    return CombinationRow(
        tenant_id=work.tenant_id, sweep_id=row.id, position=position, evaluation_id=evaluation.id, options=options
    )


async def _detail(work: UnitOfWork, sweep_id: UUID, metric: str | None) -> SweepDetail:
    stored = await _one(work, sweep_id)
    names = [scorer["name"] for scorer in stored.row.scorers]
    if metric is not None and metric not in names:
        raise no_scorer(metric, names)
    found = await SweepRepository(work.session).combinations(sweep_id)
    return views.detail(stored, found, metric or names[0])


async def _one(work: UnitOfWork, sweep_id: UUID) -> StoredSweep:
    found = (await SweepRepository(work.session).find([sweep_id])).get(sweep_id)
    if found is None:
        raise NotFound("sweep.not_found", f"There is no sweep {sweep_id}.")
    return found
