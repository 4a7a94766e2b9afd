"""The durable job behind a sweep: one combination after the other."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.runs.job import EvaluationJob
from mcp_engine.jobs.context import JobContext
from rag.sweeps.facts import ENDED, ended_facts
from rag.sweeps.measuring import Measured, measured
from rag.sweeps.reading import RowReader
from rag.sweeps.repository import SweepRepository
from rag.sweeps.tables import CombinationRow, FiguresRow, SweepRow

SWEEP: Final = "rag.sweep"


class SweepJob:
    """Evaluates each combination that has no figures yet, and keeps them: an interrupted one goes on where it was.

    Of the combination that it was at, the rows that are scored already are not asked again.
    """

    name = SWEEP
    max_attempts = EvaluationJob.max_attempts

    def __init__(self, evaluations: EvaluationJob, reader: RowReader) -> None:
        self._evaluations = evaluations
        self._reader = reader

    async def run(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            repository = SweepRepository(work.session)
            found = (await repository.find([context.subject_id])).get(context.subject_id)
            if found is None:
                raise NotFound("sweep.not_found", f"There is no sweep {context.subject_id}.")
            combinations = await repository.combinations(context.subject_id)
        left = [one.row for one in combinations if one.figures is None]
        for place, combination in enumerate(left):
            await self._evaluate(context, found.row, combination)
            rows = await self._reader.rows(context, found.row, combination.evaluation_id)
            figures = await asyncio.to_thread(measured, rows, with_curve=self._reader.knows_sources(found.row))
            await _keep(context, found.row, combination, figures, is_last=place == len(left) - 1)

    async def _evaluate(self, context: JobContext, sweep: SweepRow, combination: CombinationRow) -> None:
        before = (combination.position - 1) * sweep.rows

        async def progress(done: int, _: int) -> None:
            note = f"combination {combination.position} of {sweep.combinations}"
            await context.progress(before + done, sweep.rows * sweep.combinations, note)

        await self._evaluations.evaluate(context, combination.evaluation_id, progress)


async def _keep(
    context: JobContext, sweep: SweepRow, combination: CombinationRow, found: Measured, *, is_last: bool
) -> None:
    row = FiguresRow(
        tenant_id=context.tenant_id, sweep_id=sweep.id, position=combination.position, answered=found.answered,
        refused=found.refused, failed=found.failed, latency_p50_ms=found.latency_p50_ms,
        latency_p95_ms=found.latency_p95_ms, curve=None if found.curve is None else asdict(found.curve),
        ended_at=datetime.now(UTC),
    )  # fmt: skip
    async with context.unit_of_work() as work:
        repository = SweepRepository(work.session)
        await repository.keep(row)
        if is_last:
            facts = ended_facts(sweep, await repository.combinations(sweep.id))
            await append(work, AuditEvent(ENDED, str(sweep.id), facts))
