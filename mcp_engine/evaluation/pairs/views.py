"""From rows to what the API shows of judged comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from mcp_engine.evaluation.pairs.figures import preferred
from mcp_engine.evaluation.pairs.repository import StoredComparison
from mcp_engine.evaluation.pairs.schemas import (
    Answer,
    JudgedComparison,
    JudgedFigures,
    JudgedItem,
    JudgedSide,
    OrderVerdict,
    RowResult,
)
from mcp_engine.evaluation.pairs.tables import JudgedRow, JudgedVerdictRow
from mcp_engine.executions.schemas import ExecutionDetail

Runs = Mapping[UUID, ExecutionDetail]


def comparison(stored: StoredComparison) -> JudgedComparison:
    row, job, outcome = stored
    return JudgedComparison(
        id=row.id,
        namespace=row.namespace,
        state=cast("Any", job.state),
        job_id=row.job_id,
        progress_done=job.progress_done,
        progress_total=row.rows,
        error_code=job.error_code,
        error_message=job.error_message,
        baseline_id=row.baseline_id,
        candidate_id=row.candidate_id,
        judge=row.judge_name,
        judge_number=row.judge_number,
        judge_lock_digest=row.judge_lock_digest,
        prompt=row.prompt_name,
        prompt_number=row.prompt_number,
        model=row.model_name,
        model_digest=row.model_digest,
        figures=None if outcome is None else JudgedFigures.model_validate(outcome.figures),
        actor_id=row.actor_id,
        created_at=row.created_at,
        ended_at=job.finished_at if outcome is None else outcome.ended_at,
    )


def item(
    row: JudgedRow, verdicts: Mapping[bool, JudgedVerdictRow], content: Mapping[str, Any] | None, runs: Runs
) -> JudgedItem:
    return JudgedItem(
        position=row.position,
        row_digest=row.row_digest,
        result=cast("RowResult", row.result),
        inputs=None if content is None else content["inputs"],
        expected=None if content is None else content["expected"],
        baseline=_side(row.baseline_execution_id, runs),
        candidate=_side(row.candidate_execution_id, runs),
        verdicts=[_verdict(verdicts[True]), _verdict(verdicts[False])],
    )


def _verdict(row: JudgedVerdictRow) -> OrderVerdict:
    answer = cast("Answer | None", row.answer)
    return OrderVerdict(
        order="baseline_first" if row.baseline_first else "candidate_first",
        answer=answer,
        preferred=preferred(answer, baseline_first=row.baseline_first),
        failure_code=row.failure_code,
        execution_id=row.execution_id,
        reused=row.reused,
    )


def _side(execution_id: UUID | None, runs: Runs) -> JudgedSide:
    run = None if execution_id is None else runs.get(execution_id)
    return JudgedSide(execution_id=execution_id, output=None if run is None else run.output.value)
