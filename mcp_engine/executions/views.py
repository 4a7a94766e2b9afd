"""From rows to what the API shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mcp_engine.executions.excerpts import READ_CHARACTERS, excerpt
from mcp_engine.executions.repository import Stored
from mcp_engine.executions.schemas import (
    ArtifactView,
    Content,
    ExecutionDetail,
    ExecutionSummary,
    ModelView,
    Opening,
    Openings,
    Status,
)
from mcp_engine.executions.tables import ExecutionInputsRow, ExecutionOutcomeRow, ExecutionOutputRow, ExecutionRow
from mcp_engine.telemetry.schemas import SpanView

_NO_OUTCOME = ("finish_reason", "error_code", "input_tokens", "output_tokens", "cached_tokens")


def summary(execution: ExecutionRow, outcome: ExecutionOutcomeRow | None, beginning: str | None) -> ExecutionSummary:
    return ExecutionSummary.model_validate(_summary(execution, outcome, beginning))


def detail(stored: Stored, spans: Sequence[SpanView]) -> ExecutionDetail:
    execution, outcome, inputs_row, output_row = stored
    inputs = None if inputs_row is None else json.loads(inputs_row.content)
    shown_inputs = Content(state="erased", commitment=execution.inputs_commitment)
    if inputs is not None:
        shown_inputs = Content(state="present", commitment=execution.inputs_commitment, value=inputs["inputs"])
    return ExecutionDetail.model_validate(
        {
            **_summary(execution, outcome, None if inputs_row is None else inputs_row.content[:READ_CHARACTERS]),
            "parameters": execution.parameters,
            "seed": execution.seed,
            "error_message": outcome.error_message if outcome else None,
            "inputs": shown_inputs,
            "messages": None if inputs is None else inputs["messages"],
            "output": _output(outcome, None if output_row is None else output_row.content),
            "sources": (outcome.sources if outcome else None) or [],
            "spans": list(spans),
        }
    )


def openings(stored: Stored) -> Openings:
    committed = stored.outcome.output_commitment if stored.outcome else None
    return Openings(
        inputs=_opening(stored.execution.inputs_commitment, stored.inputs),
        output=None if committed is None else _opening(committed, stored.output),
    )


def _opening(commitment: str, row: ExecutionInputsRow | ExecutionOutputRow | None) -> Opening:
    if row is None:
        return Opening(commitment=commitment, erased=True)
    return Opening(commitment=commitment, erased=False, value=json.loads(row.content), salt=row.salt.hex())


def _output(outcome: ExecutionOutcomeRow | None, content: str | None) -> Content:
    if outcome is None or outcome.output_commitment is None:
        return Content(state="none")
    if content is None:
        return Content(state="erased", commitment=outcome.output_commitment)
    return Content(state="present", commitment=outcome.output_commitment, value=json.loads(content))


def _summary(execution: ExecutionRow, outcome: ExecutionOutcomeRow | None, beginning: str | None) -> dict[str, Any]:
    status: Status = "running" if outcome is None else outcome.status  # type: ignore[assignment]
    return {
        "id": execution.id,
        "namespace": execution.namespace,
        "kind": execution.kind,
        "status": status,
        "artifact": _artifact(execution),
        "model": _model(execution),
        "created_at": execution.created_at,
        "ended_at": outcome.ended_at if outcome else None,
        **{name: getattr(outcome, name, None) for name in _NO_OUTCOME},
        "latency_first_token_ms": outcome.latency_first_token_ms if outcome else None,
        "latency_total_ms": outcome.latency_total_ms if outcome else None,
        "cost_usd": float(outcome.cost_usd) if outcome and outcome.cost_usd is not None else None,
        "actor_id": execution.actor_id,
        "parent_id": execution.parent_id,
        "trace_id": execution.trace_id,
        "excerpt": None if beginning is None else excerpt(beginning),
    }


def _artifact(execution: ExecutionRow) -> ArtifactView | None:
    if execution.version_id is None:
        return None
    return ArtifactView.model_validate(
        {
            "kind": execution.artifact_kind,
            "namespace": execution.artifact_namespace,
            "name": execution.artifact_name,
            "number": execution.artifact_number,
            "version_id": execution.version_id,
            "digest": execution.version_digest,
            "lock_digest": execution.lock_digest,
            "label": execution.artifact_label,
        }
    )


def _model(execution: ExecutionRow) -> ModelView | None:
    if execution.model_digest is None:
        return None
    return ModelView.model_validate(
        {
            "provider": execution.model_provider,
            "model": execution.model_name,
            "digest": execution.model_digest,
            "weights_digest": execution.model_weights_digest,
            "source_digest": execution.model_source_digest,
        }
    )
