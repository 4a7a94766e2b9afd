"""What starts and ends an execution, and how executions look from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.idempotency.claims import Claim
from mcp_engine.telemetry.schemas import SpanView

Ending = Literal["succeeded", "failed", "cancelled"]
Status = Literal["running", "succeeded", "failed", "cancelled"]
INTERRUPTED = "execution.interrupted"
FAULT = "engine.fault"
MAX_SOURCES = 100
SEARCHED_CHARACTERS = 20_000
SEARCHED_AT_ONCE = 1_000
SEALED_RUN: Final = "gate_run"
"""The kind of what a gate runs on sealed rows: nobody reads what went in or came out."""
COUNTED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class VersionRef:
    """The version that runs, and the lock that its dependencies resolved to."""

    kind: str
    namespace: str
    name: str
    number: int
    version_id: UUID
    digest: str
    lock_digest: str | None = None
    label: str | None = None
    """The label that the caller named, if it named one."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that runs it.

    `digest` identifies the model as used. For local weights `weights_digest` is the SHA-256 of the
    file that is loaded and `source_digest` that of the file it was made from.
    """

    provider: str
    model: str
    digest: str
    weights_digest: str | None = None
    source_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens; local models cost nothing (`LOCAL`)."""

    input_per_million: Decimal
    output_per_million: Decimal


LOCAL = Prices(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class StartExecution:
    """One run about to begin.

    Args:
        kind: what runs, lower case: `prompt_run`, `ask`, …
        inputs: the caller's input as JSON; stored as content, erasable. A member `question` stands for
            all of it in lists.
        messages: the rendered messages that go to the model, as JSON; content as well.
        parameters: call parameters as JSON (not content: temperature, stop, response schema, …).
        prices: for the cost; None when unknown, and then the cost is not known either.
        parent_id: the execution that this one is a step of.
        claim: what `ExecutionService.repeated` gave for the request's idempotency key, if it has one.
        also: writes what belongs to the start, in its transaction, given the execution's id.
    """

    namespace: str
    kind: str
    inputs: Any
    version: VersionRef | None = None
    model: ModelRef | None = None
    messages: Sequence[Mapping[str, Any]] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seed: int | None = None
    prices: Prices | None = LOCAL
    parent_id: UUID | None = None
    claim: Claim | None = None
    also: Callable[[UnitOfWork, UUID], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave: all of it, or what there was when it failed or was cancelled.

    `output` is JSON (a string, or an object); None means that there is none to keep. `sources` are the
    ids of the document versions that it was retrieved from, at most `MAX_SOURCES` different ones. `shown` are
    those whose text the output holds, cited or not: who may not read one of them, may not read the execution.
    `also` writes what belongs to the end, in its transaction, given the execution's id.
    """

    output: Any = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    sources: Sequence[UUID] = ()
    shown: Sequence[UUID] = ()
    also: Callable[[UnitOfWork, UUID], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Which executions to list; None leaves a condition out."""

    namespace: str | None = None
    kind: str | None = None
    artifact_kind: str | None = None
    artifact_name: str | None = None
    artifact_number: int | None = None
    label: str | None = None
    model: str | None = None
    actor_id: UUID | None = None
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_latency_ms: float | None = None
    parent_id: UUID | None = None
    text: str | None = None
    """Stands in the inputs or messages, whatever its case (the first `SEARCHED_CHARACTERS` of their JSON)."""
    trace_id: str | None = None


class ArtifactView(BaseModel):
    kind: str
    namespace: str
    name: str
    number: int
    version_id: UUID
    digest: str
    lock_digest: str | None
    label: str | None


class ModelView(BaseModel):
    provider: str
    model: str
    digest: str
    weights_digest: str | None
    source_digest: str | None


class ExecutionSummary(BaseModel):
    """One line of the list of executions."""

    id: UUID
    namespace: str
    kind: str
    status: Status
    artifact: ArtifactView | None
    model: ModelView | None
    created_at: datetime
    ended_at: datetime | None
    finish_reason: str | None
    error_code: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    latency_first_token_ms: float | None
    latency_total_ms: float | None
    cost_usd: float | None
    actor_id: UUID
    parent_id: UUID | None
    trace_id: str | None
    excerpt: str | None = Field(
        description="The beginning of the inputs on one line: a question, else names and values. Null once erased."
    )


class ExecutionCount(BaseModel):
    """How many executions fit."""

    count: int
    at_least: bool = Field(description="There may be more: counting stopped here.")


class Content(BaseModel):
    """Content of an execution: `present`, `erased` (a tombstone in the audit log says why), or `none` at all."""

    state: Literal["present", "erased", "none"]
    commitment: str | None = None
    value: Any = None


class ExecutionDetail(ExecutionSummary):
    """Everything stored about one execution."""

    parameters: dict[str, Any]
    seed: int | None
    error_message: str | None
    inputs: Content
    messages: list[dict[str, Any]] | None
    output: Content
    sources: list[UUID] = Field(description="Versions of documents that it was retrieved from, in order.")
    spans: list[SpanView]


class Spans(BaseModel):
    """The finished spans of an execution's trace, earliest first."""

    spans: list[SpanView]


class Opening(BaseModel):
    """What opens a commitment: it is HMAC-SHA256 of the value's canonical JSON (RFC 8785) with the salt as the key."""

    commitment: str
    erased: bool = Field(description="The content was erased, and value and salt are null.")
    value: Any = None
    salt: str | None = Field(default=None, description="Hex.")


class Openings(BaseModel):
    """What opens the commitments in the leaf of an execution; `output` is null when there is none."""

    inputs: Opening
    output: Opening | None


class ContentErased(BaseModel):
    """The tombstones that an erasure left, by the table it emptied."""

    erasure_ids: dict[str, UUID]
