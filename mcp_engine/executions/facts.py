"""What the audit log says about an execution, from its rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from mcp_engine.canonical import digest
from mcp_engine.executions.schemas import SEALED_RUN
from mcp_engine.executions.tables import ExecutionOutcomeRow, ExecutionRow

ENDED: Final = "execution.ended"
INPUTS_TABLE: Final = "execution_inputs"
OUTPUT_TABLE: Final = "execution_output"
_HOW_IT_WENT: Final = (
    "trace_id", "status", "finish_reason", "error_code", "error_message_digest", "input_tokens", "output_tokens",
    "cached_tokens", "latency_first_token_ms", "latency_total_ms", "cost_usd", "sources", "ended_at",
)  # fmt: skip


def ended_facts(execution: ExecutionRow, outcome: ExecutionOutcomeRow) -> dict[str, Any]:
    """Return the facts of the leaf `execution.ended`: digests, ids and numbers, no content.

    Of a run on a sealed row, nothing of how it went.

    The ids of version, parent and sources are subjects of other entries, which thereby belong to the proof.
    """
    facts = {
        "namespace": execution.namespace,
        "kind": execution.kind,
        "actor_id": str(execution.actor_id),
        "parent_id": _text(execution.parent_id),
        "trace_id": execution.trace_id,
        "artifact_kind": execution.artifact_kind,
        "artifact_namespace": execution.artifact_namespace,
        "artifact_name": execution.artifact_name,
        "artifact_number": execution.artifact_number,
        "artifact_label": execution.artifact_label,
        "version_id": _text(execution.version_id),
        "version_digest": execution.version_digest,
        "lock_digest": execution.lock_digest,
        "model_provider": execution.model_provider,
        "model_name": execution.model_name,
        "model_digest": execution.model_digest,
        "model_weights_digest": execution.model_weights_digest,
        "model_source_digest": execution.model_source_digest,
        "parameters_digest": digest(execution.parameters),
        # As text, because JSON is exact to 2^53 only.
        "seed": None if execution.seed is None else str(execution.seed),
        "inputs_commitment": execution.inputs_commitment,
        "started_at": _moment(execution.created_at),
        "status": outcome.status,
        "finish_reason": outcome.finish_reason,
        "error_code": outcome.error_code,
        "error_message_digest": None if outcome.error_message is None else digest(outcome.error_message),
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "cached_tokens": outcome.cached_tokens,
        "latency_first_token_ms": outcome.latency_first_token_ms,
        "latency_total_ms": outcome.latency_total_ms,
        "cost_usd": _amount(outcome.cost_usd),
        "output_commitment": outcome.output_commitment,
        "sources": [str(source) for source in outcome.sources or ()],
        "ended_at": _moment(outcome.ended_at),
    }
    # Of a sealed run the log says that it was, and nothing from which its score could be read.
    return {**facts, **dict.fromkeys(_HOW_IT_WENT)} if execution.kind == SEALED_RUN else facts


def content_key(execution_id: UUID) -> dict[str, str]:
    """Return the key under which an execution's content is erased."""
    return {"execution_id": str(execution_id)}


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _amount(value: Decimal | None) -> str | None:
    """Return a cost in a form that does not depend on how many zeros the database kept."""
    return None if value is None else format(value.normalize(), "f")
