"""From rows to what the API shows of evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.runs.repository import Stored
from mcp_engine.evaluation.runs.schemas import (
    ComparedOutput,
    ComparedRow,
    Evaluation,
    EvaluationItem,
    RowScore,
)
from mcp_engine.evaluation.runs.tables import EvaluationItemRow, EvaluationScoreRow
from mcp_engine.executions.schemas import ExecutionDetail

Runs = Mapping[UUID, ExecutionDetail]
Side = tuple[UUID, EvaluationItemRow, EvaluationScoreRow | None]


def evaluation(stored: Stored) -> Evaluation:
    row, job, outcome = stored
    shown = None if row.split == SEALED else outcome
    # Of a job that runs several, what it says of itself speaks of none of them alone.
    own = job.subject_id == row.id
    done = row.rows if outcome is not None else job.progress_done if own else 0
    return Evaluation.model_validate(
        {
            "id": row.id,
            "namespace": row.namespace,
            "state": job.state if outcome is None else "succeeded",
            "job_id": row.job_id,
            "progress_done": done,
            "progress_total": row.rows,
            "error_code": job.error_code if outcome is None else None,
            "error_message": job.error_message if outcome is None else None,
            "kind": row.subject_kind,
            "name": row.subject_name,
            "number": row.subject_number,
            "label": row.subject_label,
            "version_id": row.subject_version_id,
            "lock_digest": row.subject_lock_digest,
            "dataset_name": row.dataset_name,
            "dataset_number": row.dataset_number,
            "split": row.split,
            "split_digest": row.split_digest,
            "rows": row.rows,
            "failed_rows": shown and shown.failed_rows,
            "reused_rows": shown and shown.reused_rows,
            "model": row.model_name,
            "model_digest": row.model_digest,
            "parameters": row.parameters,
            "scorers": [scorer["name"] for scorer in row.scorers],
            "metrics": shown and shown.metrics,
            "actor_id": row.actor_id,
            "created_at": row.created_at,
            "ended_at": job.finished_at if outcome is None else outcome.ended_at,
        }
    )


def item(
    row: EvaluationItemRow, scores: Mapping[str, EvaluationScoreRow], content: Mapping[str, Any] | None, runs: Runs
) -> EvaluationItem:
    return EvaluationItem(
        position=row.position,
        row_digest=row.row_digest,
        execution_id=row.execution_id,
        reused=row.reused,
        error_code=row.error_code,
        inputs=None if content is None else content["inputs"],
        expected=None if content is None else content["expected"],
        output=_output(row, runs),
        scores=[
            RowScore(
                scorer=score.scorer,
                value=score.value,
                failure_code=score.failure_code,
                execution_id=score.execution_id,
            )
            for score in scores.values()
        ],
    )


def compared(sides: Sequence[Side], content: Mapping[str, Any] | None, runs: Runs, change: float | None) -> ComparedRow:
    return ComparedRow(
        position=sides[0][1].position,
        row_digest=sides[0][1].row_digest,
        inputs=None if content is None else content["inputs"],
        expected=None if content is None else content["expected"],
        outputs=[
            ComparedOutput(
                evaluation_id=evaluation_id,
                execution_id=row.execution_id,
                error_code=row.error_code,
                output=_output(row, runs),
                value=None if score is None else score.value,
                failure_code=None if score is None else score.failure_code,
            )
            for evaluation_id, row, score in sides
        ],
        change=change,
    )


def _output(row: EvaluationItemRow, runs: Runs) -> Any:
    run = None if row.execution_id is None else runs.get(row.execution_id)
    return None if run is None else run.output.value
