"""The durable job behind a judged comparison."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.datasets.repository import DatasetRepository
from mcp_engine.evaluation.pairs.asking import JudgedPair, Pair, PairAsker, cache_keys
from mcp_engine.evaluation.pairs.facts import ENDED, ended_facts
from mcp_engine.evaluation.pairs.figures import figures
from mcp_engine.evaluation.pairs.repository import CommonRow, JudgedRepository, KnownVerdict
from mcp_engine.evaluation.pairs.tables import JudgedComparisonRow, JudgedOutcomeRow
from mcp_engine.evaluation.runs.job import caller_of
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.subject import Subject, Subjects
from mcp_engine.evaluation.runs.tables import EvaluationRow
from mcp_engine.executions.service import ExecutionService
from mcp_engine.jobs.batches import in_batches
from mcp_engine.jobs.context import JobContext
from mcp_engine.prompts.service import PromptService

JUDGE_PAIRS: Final = "evaluation.judge_pairs"
CONCURRENCY: Final = 4
"""Rows at once; each asks two questions."""


class JudgePairsJob:
    """Asks about what is not yet judged, and commits as it goes: an interrupted one goes on where it was."""

    name = JUDGE_PAIRS
    max_attempts = 5

    def __init__(self, prompts: PromptService, subjects: Subjects, executions: ExecutionService) -> None:
        self._prompts = prompts
        self._subjects = subjects
        self._executions = executions

    async def run(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            repository = JudgedRepository(work)
            found = (await repository.find([context.subject_id])).get(context.subject_id)
            if found is None:
                raise NotFound("judged_comparison.not_found", f"There is no judged comparison {context.subject_id}.")
            if found.outcome is not None:
                return
            comparison = found.comparison
            sides = await EvaluationRepository(work).find([comparison.baseline_id, comparison.candidate_id])
            done = await repository.done(comparison.id)
            rows = await repository.common(comparison.baseline_id, comparison.candidate_id)
        await context.progress(len(done), comparison.rows)
        evaluations = [sides[id_].evaluation for id_ in (comparison.baseline_id, comparison.candidate_id)]
        await self._rows(context, comparison, evaluations, [row for row in rows if row.position not in done])
        await _end(context, comparison)

    async def _rows(
        self,
        context: JobContext,
        comparison: JudgedComparisonRow,
        evaluations: Sequence[EvaluationRow],
        left: Sequence[CommonRow],
    ) -> None:
        """Ask about rows, several at once, and write what is ready while others are asked about."""
        caller = caller_of(context)
        number = comparison.prompt_number
        prompt = await self._prompts.get(caller, comparison.namespace, comparison.prompt_name, version=number)
        asker = PairAsker(comparison, caller, self._prompts, prompt, last_attempt=context.attempt >= self.max_attempts)
        subjects = [self._subjects.get(evaluation.subject_kind) for evaluation in evaluations]
        written = comparison.rows - len(left)

        async def judge(row: CommonRow) -> JudgedPair:
            content, known = await _before(context, comparison, evaluations[0], row)
            runs = zip((row.baseline, row.candidate), subjects, strict=True)
            outputs = [await self._output(caller, run, subject) for run, subject in runs]
            return await asker.judge(Pair(row, content, *outputs), known)

        async def keep(judged: Sequence[JudgedPair]) -> None:
            nonlocal written
            async with context.unit_of_work() as work:
                verdicts = [verdict for one in judged for verdict in one.verdicts]
                await JudgedRepository(work).add_rows([one.row for one in judged], verdicts)
            written += len(judged)
            await context.progress(written, comparison.rows)

        await in_batches(left, judge, keep, at_once=CONCURRENCY)

    async def _output(self, caller: Caller, execution_id: UUID | None, subject: Subject) -> Any:
        """Return what a run put out; None where there is nothing, or it was erased."""
        if execution_id is None:
            return None
        [run] = await self._executions.several(caller, [execution_id])
        return subject.output(run) if run.output.state == "present" else None


async def _before(
    context: JobContext, comparison: JudgedComparisonRow, baseline: EvaluationRow, row: CommonRow
) -> tuple[Mapping[str, Any] | None, Mapping[str, KnownVerdict]]:
    """Return what a row holds, and what the judge said of it earlier."""
    async with context.database.unit_of_work(context.tenant_id, context.actor_id) as work:
        members = await DatasetRepository(work).at(baseline.dataset_version_id, baseline.split, [row.position])
        known = await JudgedRepository(work).known([*cache_keys(comparison, row).values()]) if comparison.reuse else {}
    return next((member.content for member in members), None), known


async def _end(context: JobContext, comparison: JudgedComparisonRow) -> None:
    async with context.unit_of_work() as work:
        repository = JudgedRepository(work)
        said = (await repository.said([comparison.id]))[comparison.id]
        found = await asyncio.to_thread(figures, [*said.values()])
        outcome = JudgedOutcomeRow(
            tenant_id=context.tenant_id, comparison_id=comparison.id, figures=found.model_dump(mode="json"),
            ended_at=datetime.now(UTC),
        )  # fmt: skip
        await repository.end(outcome)
        await append(work, AuditEvent(ENDED, str(comparison.id), ended_facts(comparison, outcome, said)))
