"""The durable job behind an evaluation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.datasets.repository import DatasetRepository, MemberRow
from mcp_engine.evaluation.runs.facts import ENDED, ended_facts
from mcp_engine.evaluation.runs.metrics import Scored, metric
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.scoring import Result, RowScorer, cache_key, costly_locks
from mcp_engine.evaluation.runs.subject import Subjects
from mcp_engine.evaluation.runs.tables import EvaluationOutcomeRow, EvaluationRow, EvaluationScoreRow
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.executions.service import ExecutionService
from mcp_engine.jobs.batches import in_batches
from mcp_engine.jobs.context import JobContext

EVALUATE: Final = "evaluation.run"
CONCURRENCY: Final = 4
"""Rows at once: while one waits for the model, others are scored and stored."""
_SCOPES = frozenset({"prompts:read", "prompts:run", "executions:read"})
_NO_CREDENTIAL = UUID(int=0)
Progress = Callable[[int, int], Awaitable[None]]
"""Takes how many rows are done, and of how many."""


class EvaluationJob:
    """Runs and scores what is not yet done, and commits as it goes: an interrupted one goes on where it was."""

    name = EVALUATE
    max_attempts = 5

    def __init__(self, subjects: Subjects, types: ScorerTypes, executions: ExecutionService) -> None:
        self._subjects = subjects
        self._types = types
        self._executions = executions

    async def run(self, context: JobContext) -> None:
        await self.evaluate(context, context.subject_id, context.progress)

    async def evaluate(self, context: JobContext, evaluation_id: UUID, progress: Progress) -> None:
        """Run and score what is left of an evaluation, as part of whatever job `context` is of.

        Raises:
            NotFound: `evaluation.not_found`.
            EngineError: a repeat may heal it.
        """
        async with context.unit_of_work() as work:
            repository = EvaluationRepository(work)
            found = (await repository.find([evaluation_id])).get(evaluation_id)
            if found is None:
                raise NotFound("evaluation.not_found", f"There is no evaluation {evaluation_id}.")
            if found.outcome is not None:
                return
            evaluation = found.evaluation
            done = await repository.done(evaluation.id)
            rows = await DatasetRepository(work).page(
                evaluation.dataset_version_id, evaluation.split, limit=evaluation.rows
            )
            left = [row for row in rows if row.position not in done]
            keys = [cache_key(evaluation, row.inputs_digest) for row in left] if evaluation.reuse else []
            earlier = await repository.reusable(keys)
        await progress(len(done), evaluation.rows)
        executions = [earlier.get(key) for key in keys] or [None] * len(left)
        await self._rows(context, evaluation, left, executions, progress)
        await _end(context, evaluation)

    async def _rows(
        self,
        context: JobContext,
        evaluation: EvaluationRow,
        left: Sequence[MemberRow],
        earlier: Sequence[UUID | None],
        progress: Progress,
    ) -> None:
        """Run and score rows, several at once, and write what is ready while others run."""
        caller = caller_of(context)
        scorer = RowScorer(
            evaluation, caller, self._subjects.get(evaluation.subject_kind), self._types, self._executions,
            last_attempt=context.attempt >= self.max_attempts,
        )  # fmt: skip
        written = evaluation.rows - len(left)

        async def score(todo: tuple[MemberRow, UUID | None]) -> Result:
            row, execution_id = todo
            return await scorer.row(row, execution_id, await self._judged(context, evaluation, row, execution_id))

        async def keep(results: Sequence[Result]) -> None:
            nonlocal written
            async with context.unit_of_work() as work:
                items, scores = [one.item for one in results], [score for one in results for score in one.scores]
                await EvaluationRepository(work).add_items(items, scores)
            written += len(results)
            await progress(written, evaluation.rows)

        await in_batches([*zip(left, earlier, strict=True)], score, keep, at_once=CONCURRENCY)

    async def _judged(
        self, context: JobContext, evaluation: EvaluationRow, row: MemberRow, execution_id: UUID | None
    ) -> dict[str, EvaluationScoreRow]:
        locks = costly_locks(evaluation.scorers)
        if execution_id is None or not locks:
            return {}
        async with context.database.unit_of_work(context.tenant_id, context.actor_id) as work:
            return await EvaluationRepository(work).judged(execution_id, row.digest, locks)


def caller_of(context: JobContext) -> Caller:
    """Return whom a job of evaluations runs versions and judges as: whoever asked for it, without a credential."""
    return Caller(context.tenant_id, context.actor_id, "machine", _SCOPES, _NO_CREDENTIAL)


async def _end(context: JobContext, evaluation: EvaluationRow) -> None:
    async with context.unit_of_work() as work:
        repository = EvaluationRepository(work)
        values = (await repository.values([evaluation.id]))[evaluation.id]
        failed, reused = await repository.counts(evaluation.id)
        metrics = await asyncio.to_thread(_metrics, evaluation, [*values.values()])
        outcome = EvaluationOutcomeRow(
            tenant_id=context.tenant_id, evaluation_id=evaluation.id, metrics=metrics, failed_rows=failed,
            reused_rows=reused, ended_at=datetime.now(UTC),
        )  # fmt: skip
        await repository.end(outcome)
        await append(work, AuditEvent(ENDED, str(evaluation.id), ended_facts(evaluation, outcome, values)))


def _metrics(evaluation: EvaluationRow, rows: Sequence[dict[str, Scored]]) -> list[dict[str, object]]:
    return [
        metric(scorer, [row[scorer["name"]] for row in rows]).model_dump(mode="json") for scorer in evaluation.scorers
    ]
