"""From what a run was given and gave to the rows that keep it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from mcp_engine import logs
from mcp_engine.access import Caller
from mcp_engine.canonical import canonical_json, commitment, new_salt
from mcp_engine.errors import InvalidInput
from mcp_engine.executions.running import End
from mcp_engine.executions.schemas import MAX_SOURCES, Outcome, Prices, StartExecution
from mcp_engine.executions.tables import (
    COST_DECIMALS,
    ExecutionInputsRow,
    ExecutionOutcomeRow,
    ExecutionOutputRow,
    ExecutionRow,
)
from mcp_engine.identifiers import new_id
from mcp_engine.telemetry.tracing import current_trace_id

_MILLION = Decimal(1_000_000)
_LARGEST_EXACT = 2**53 - 1
MAX_ERROR_CHARACTERS = 2_000


def new_inputs(tenant_id: UUID, execution_id: UUID, start: StartExecution) -> tuple[ExecutionInputsRow, str]:
    """Return the content row of what goes in, and the commitment to it.

    Raises:
        InvalidInput: `json.not_canonical` for inputs or messages that are not JSON.
    """
    messages = None if start.messages is None else [dict(message) for message in start.messages]
    salt, value = new_salt(), {"inputs": start.inputs, "messages": messages}
    content = canonical_json(value).decode()
    row = ExecutionInputsRow(tenant_id=tenant_id, execution_id=execution_id, salt=salt, content=content)
    return row, commitment(salt, value)


def new_output(tenant_id: UUID, execution_id: UUID, output: Any) -> tuple[ExecutionOutputRow | None, str | None]:
    """Return the content row of what came out, and the commitment to it; none for no output."""
    if output is None:
        return None, None
    salt = new_salt()
    content = canonical_json(output).decode()
    row = ExecutionOutputRow(tenant_id=tenant_id, execution_id=execution_id, salt=salt, content=content)
    return row, commitment(salt, output)


def new_execution(caller: Caller, start: StartExecution) -> tuple[ExecutionRow, ExecutionInputsRow]:
    """Return the rows of a start."""
    execution_id = new_id()
    parameters = dict(start.parameters)
    _require_storable(parameters)
    inputs, inputs_commitment = new_inputs(caller.tenant_id, execution_id, start)
    execution = ExecutionRow(
        tenant_id=caller.tenant_id,
        id=execution_id,
        namespace=start.namespace,
        kind=start.kind,
        parent_id=start.parent_id,
        actor_id=caller.principal_id,
        trace_id=current_trace_id(),
        parameters=parameters,
        seed=start.seed,
        inputs_commitment=inputs_commitment,
        created_at=datetime.now(UTC),
    )
    if start.version is not None:
        execution.artifact_kind = start.version.kind
        execution.artifact_namespace = start.version.namespace
        execution.artifact_name = start.version.name
        execution.artifact_number = start.version.number
        execution.artifact_label = start.version.label
        execution.version_id = start.version.version_id
        execution.version_digest = start.version.digest
        execution.lock_digest = start.version.lock_digest
    if start.model is not None:
        execution.model_provider = start.model.provider
        execution.model_name = start.model.model
        execution.model_digest = start.model.digest
        execution.model_weights_digest = start.model.weights_digest
        execution.model_source_digest = start.model.source_digest
    return execution, inputs


def new_outcome(
    execution: ExecutionRow, end: End, prices: Prices | None
) -> tuple[ExecutionOutcomeRow, ExecutionOutputRow | None]:
    """Return the rows of an end.

    Raises:
        InvalidInput: `json.not_canonical` for an output that is not JSON, `execution.too_many_sources`.
    """
    output, output_commitment = new_output(execution.tenant_id, execution.id, end.outcome.output)
    message = end.error_message
    outcome = ExecutionOutcomeRow(
        tenant_id=execution.tenant_id,
        execution_id=execution.id,
        status=end.status,
        finish_reason=end.outcome.finish_reason,
        error_code=end.error_code,
        error_message=None if message is None else _kept_message(message),
        input_tokens=end.outcome.input_tokens,
        output_tokens=end.outcome.output_tokens,
        cached_tokens=end.outcome.cached_tokens,
        latency_first_token_ms=end.latency_first_token_ms,
        latency_total_ms=end.latency_total_ms,
        cost_usd=cost(end.outcome, prices),
        output_commitment=output_commitment,
        sources=_sources(end.outcome.sources),
        shown=sorted(set(end.outcome.shown)) or None,
        ended_at=end.ended_at,
    )
    return outcome, output


def cost(outcome: Outcome, prices: Prices | None) -> Decimal | None:
    """Return what the tokens cost in US dollars; None when the price or a needed token count is not known."""
    if prices is None:
        return None
    if not prices.input_per_million and not prices.output_per_million:
        return Decimal(0)
    if outcome.input_tokens is None or outcome.output_tokens is None:
        return None
    total = outcome.input_tokens * prices.input_per_million + outcome.output_tokens * prices.output_per_million
    return round(total / _MILLION, COST_DECIMALS)


def _sources(named: Sequence[UUID]) -> list[UUID] | None:
    """Return each source once, where it was named first; None for none."""
    sources = list(dict.fromkeys(named))
    if len(sources) > MAX_SOURCES:
        raise InvalidInput(
            "execution.too_many_sources",
            f"An execution names at most {MAX_SOURCES} document versions as its sources; these are {len(sources)}.",
        )
    return sources or None


def _kept_message(message: str) -> str:
    """Return a message that PostgreSQL takes: without NUL and lone surrogates, secrets or endless text."""
    text = message.replace("\x00", "").encode(errors="replace").decode()
    return logs.redacted_text(text)[:MAX_ERROR_CHARACTERS]


def _require_storable(value: Any) -> None:
    """Refuse parameters that jsonb would refuse or give back as something else."""
    canonical_json(value)
    match value:
        case str() if "\x00" in value:
            raise InvalidInput("execution.bad_parameters", "A call parameter holds a NUL character.")
        case float() if math.fabs(value) > _LARGEST_EXACT:
            raise InvalidInput("execution.bad_parameters", f"The call parameter {value!r} is too large.")
        case Mapping():
            for key, item in cast("Mapping[Any, Any]", value).items():
                _require_storable(key)
                _require_storable(item)
        case list() | tuple():
            for item in cast("list[Any]", value):
                _require_storable(item)
        case _:
            pass
