"""One run of a rendered prompt on a model: streamed, traced, and recorded as an execution."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Protocol, cast
from uuid import UUID

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from opentelemetry.trace import Span, SpanKind
from pydantic import BaseModel

from mcp_engine.access import Caller
from mcp_engine.artifacts.splits import Expose
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import EngineError, InvalidInput, ModelFailed
from mcp_engine.executions.running import RunningExecution
from mcp_engine.executions.schemas import (
    LOCAL,
    SEALED_RUN,
    ExecutionDetail,
    ModelRef,
    Outcome,
    StartExecution,
    VersionRef,
)
from mcp_engine.executions.service import ExecutionService
from mcp_engine.idempotency.claims import Claim
from mcp_engine.json_schemas import check_value
from mcp_engine.models.port import ModelCall, ServedModel, checked_call
from mcp_engine.prompts.schemas import Message, PromptBody, RunCompleted, RunPrompt, Usage
from mcp_engine.telemetry import gen_ai, tracing
from mcp_engine.telemetry.context import bind_tenant
from mcp_engine.telemetry.metrics import MODEL_FIRST_TOKEN_SECONDS, MODEL_TOKENS

EXECUTION_KIND = "prompt_run"
_LOCAL_PROVIDER = "local"
_tracer = tracing.tracer(__name__)


class ModelSource(Protocol):
    """Where models come from."""

    async def resolve(self, caller: Caller, name: str | None) -> ServedModel:
        """Return the model named `name`, or (None) the default; raises `NotFound` naming those that exist."""
        ...


class RunDelta(BaseModel):
    """A piece of the output, as it comes."""

    text: str


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """Everything that a run needs, checked before anything is recorded."""

    version: ResolvedVersion
    messages: Sequence[Message]
    variables: Mapping[str, Any]
    call: ModelCall
    model: ServedModel
    output_schema: Mapping[str, Any] | None
    parent_id: UUID | None
    claim: Claim | None
    kind: str = EXECUTION_KIND
    expose: Expose | None = None
    shown: Sequence[UUID] = ()


@dataclass(slots=True)
class _Answer:
    """What has come from the model so far."""

    shown: Sequence[UUID] = ()
    pieces: list[str] = field(default_factory=list[str])
    finish_reason: str | None = None
    response_model: str | None = None
    spent: UsageMetadata | None = None

    @property
    def usage(self) -> Usage:
        if self.spent is None:
            return Usage()
        details = self.spent.get("input_token_details") or {}
        return Usage(
            input_tokens=self.spent["input_tokens"],
            output_tokens=self.spent["output_tokens"],
            cached_tokens=details.get("cache_read"),
        )

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def outcome(self) -> Outcome:
        usage = self.usage
        return Outcome(
            output=self.text,
            finish_reason=self.finish_reason,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            shown=self.shown,
        )

    def take(self, chunk: AIMessageChunk) -> str:
        """Add a chunk; return its text."""
        text = chunk.text
        if text:
            self.pieces.append(text)
        metadata = cast("dict[str, Any]", chunk.response_metadata)  # pyright: ignore[reportUnknownMemberType]
        self.finish_reason = metadata.get("finish_reason") or self.finish_reason
        self.response_model = metadata.get("model_name") or self.response_model
        if chunk.usage_metadata is not None:
            self.spent = add_usage(self.spent, chunk.usage_metadata)
        return text


def prepare(
    version: ResolvedVersion,
    body: PromptBody,
    messages: Sequence[Message],
    wanted: RunPrompt,
    model: ServedModel,
    parent_id: UUID | None,
    claim: Claim | None,
    kind: str,
) -> PreparedRun:
    """Put together a run; what `wanted` sets goes before what the version sets.

    Raises:
        InvalidInput: `model.parameters_invalid`, naming each wrong parameter.
    """
    own = {} if body.parameters is None else body.parameters.model_dump(exclude_unset=True)
    parameters = {**own, **(wanted.parameters or {})}
    for reserved in ("response_schema", "fair_key", "timeout_seconds"):
        if reserved in parameters:
            raise InvalidInput("model.parameters_invalid", f"{reserved!r} is no parameter of a run; leave it out.")
    call = checked_call({**parameters, "response_schema": body.output_schema})
    return PreparedRun(version, messages, wanted.variables, call, model, body.output_schema, parent_id, claim, kind)


async def run_prepared(
    executions: ExecutionService, caller: Caller, run: PreparedRun
) -> AsyncGenerator[RunDelta | RunCompleted, None]:
    """Run, record, and yield; see `PromptService.run`."""
    identity, parameters = run.model.identity, _sampling(run.call)
    name, attributes = gen_ai.chat_span(identity.provider, identity.model, parameters)
    with (
        bind_tenant(caller.tenant_id),
        tracing.span(_tracer, name, kind=SpanKind.CLIENT, attributes=attributes) as span,
    ):
        async with await executions.start(caller, _start(run, parameters)) as running, _named(running):
            answer = _Answer(run.shown)
            running.partial = Outcome(shown=run.shown)
            try:
                async with aclosing(_chunks(run, caller)) as chunks:
                    async for chunk in chunks:
                        text = answer.take(chunk)
                        running.partial = replace(answer.outcome(), output=answer.text or None)
                        if text:
                            running.first_token()
                            yield RunDelta(text=text)
            finally:
                _record(span, answer)
                _count_tokens(answer.usage, identity.provider)
            running.partial = answer.outcome()
            await asyncio.to_thread(_check_output, run, answer)
            await running.finish(running.partial)
        [recorded] = await executions.several(caller, [running.id], sealed=run.kind == SEALED_RUN)
        completed = completed_of(recorded)
    if completed.latency_first_token_ms is not None:
        MODEL_FIRST_TOKEN_SECONDS.labels(_served_by(identity.provider)).observe(completed.latency_first_token_ms / 1000)
    yield completed


@asynccontextmanager
async def _named(running: RunningExecution) -> AsyncGenerator[None]:
    """Let an error say which execution it ended."""
    try:
        yield
    except EngineError as error:
        error.details.setdefault("execution_id", str(running.id))
        raise


async def _chunks(run: PreparedRun, caller: Caller) -> AsyncGenerator[AIMessageChunk, None]:
    arguments: dict[str, Any] = {**run.call.model_dump(), "fair_key": str(caller.tenant_id)}
    messages = [_ROLES[message.role](content=message.content) for message in run.messages]
    stream = run.model.chat.astream(messages, **arguments)
    async with aclosing(cast("AsyncGenerator[AIMessageChunk, None]", stream)) as chunks:
        async for chunk in chunks:
            yield chunk


def _sampling(call: ModelCall) -> dict[str, Any]:
    return call.model_dump(mode="json", include={"temperature", "top_p", "max_tokens", "stop", "seed"})


def _start(run: PreparedRun, parameters: Mapping[str, Any]) -> StartExecution:
    version, identity = run.version, run.model.identity
    return StartExecution(
        namespace=version.namespace,
        kind=run.kind,
        inputs={"variables": dict(run.variables)},
        version=VersionRef(
            version.kind,
            version.namespace,
            version.name,
            version.number,
            version.version_id,
            version.digest,
            version.lock_digest,
            version.label,
        ),
        model=ModelRef(
            identity.provider, identity.model, identity.digest, identity.weights_digest, identity.source_digest
        ),
        messages=[message.model_dump() for message in run.messages],
        parameters={**parameters, "response_schema": run.call.response_schema},
        seed=run.call.seed,
        prices=LOCAL if identity.provider == _LOCAL_PROVIDER else None,
        parent_id=run.parent_id,
        claim=run.claim,
        also=run.expose,
    )


def _record(span: Span, answer: _Answer) -> None:
    gen_ai.record_response(
        span,
        finish_reasons=[answer.finish_reason] if answer.finish_reason else (),
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        cached_tokens=answer.usage.cached_tokens,
        response_model=answer.response_model,
    )


def _count_tokens(usage: Usage, provider: str) -> None:
    model = _served_by(provider)
    MODEL_TOKENS.labels(model, "input").inc(usage.input_tokens or 0)
    MODEL_TOKENS.labels(model, "output").inc(usage.output_tokens or 0)


def _served_by(provider: str) -> str:
    # A provider's name is its tenant's: metrics know only whether the model is ours.
    return _LOCAL_PROVIDER if provider == _LOCAL_PROVIDER else "remote"


def _check_output(run: PreparedRun, answer: _Answer) -> None:
    """Raise `ModelFailed` when the version has an output schema that the output does not fit."""
    if run.output_schema is None:
        return
    if answer.finish_reason == "length":
        raise ModelFailed(
            "prompt.output_cut",
            f"The output reached max_tokens ({run.call.max_tokens}) before it was complete JSON; raise max_tokens.",
        )
    try:
        value = json.loads(answer.text, parse_constant=_no_constant)
        check_value(run.output_schema, value, code="prompt.output_invalid", what="The output")
    except (ValueError, RecursionError) as error:
        raise ModelFailed(
            "prompt.output_invalid", f"The model's output is not JSON: {error}. Repeat, or choose another model."
        ) from error
    except InvalidInput as error:
        raise ModelFailed(error.code, f"{error.message}. Repeat, or choose another model.") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def completed_of(run: ExecutionDetail) -> RunCompleted:
    """Return the end of a run that succeeded, from what is recorded of it."""
    assert run.artifact is not None
    assert run.model is not None
    local = run.model.provider == _LOCAL_PROVIDER
    return RunCompleted(
        execution_id=run.id,
        output=run.output.value,
        value=None if run.parameters.get("response_schema") is None else json.loads(run.output.value),
        finish_reason=run.finish_reason or "stop",
        number=run.artifact.number,
        lock_digest=run.artifact.lock_digest or "",
        model=_LOCAL_PROVIDER if local else f"{run.model.provider}/{run.model.model}",
        model_digest=run.model.digest,
        usage=Usage(input_tokens=run.input_tokens, output_tokens=run.output_tokens, cached_tokens=run.cached_tokens),
        latency_first_token_ms=run.latency_first_token_ms,
        latency_total_ms=run.latency_total_ms or 0.0,
        cost_usd=run.cost_usd,
        trace_id=run.trace_id,
    )


_ROLES: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
