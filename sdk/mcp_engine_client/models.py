"""What the server answers. Members that a newer server adds are ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine_client._answered import Answered as Answered
from mcp_engine_client._answers import Answer as Answer
from mcp_engine_client._answers import Citation as Citation
from mcp_engine_client._answers import CitedVersion as CitedVersion
from mcp_engine_client._answers import Composition as Composition
from mcp_engine_client._answers import CutStatement as CutStatement
from mcp_engine_client._answers import Location as Location
from mcp_engine_client._answers import Passage as Passage
from mcp_engine_client._answers import SearchResult as SearchResult
from mcp_engine_client._answers import Statement as Statement

T = TypeVar("T")
ExecutionStatus = Literal["running", "succeeded", "failed", "cancelled"]


class Page(Answered, Generic[T]):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[T]
    next_cursor: str | None = None


class Message(Answered):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class PromptBody(Answered):
    """What a version of a prompt is; see docs/prompts.md."""

    type: Literal["text", "chat"] = "text"
    template: str | None = None
    messages: tuple[Message, ...] | None = None
    variables: dict[str, Any] | None = None
    model: str | None = None
    parameters: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None


class PromptVersion(Answered):
    """One version of a prompt without its body."""

    name: str
    namespace: str
    number: int
    version_id: UUID
    digest: str
    labels: list[str]
    message: str
    author_id: UUID
    created_at: datetime


class IncludedPrompt(Answered):
    """A prompt that a version includes, directly or not, as its lock pins it."""

    reference: str
    number: int
    digest: str
    template: str
    variables: dict[str, Any]


class PromptDetail(PromptVersion):
    """One version with its body, and the lock that a run of it would record now.

    `inputs` is the JSON Schema of what a run must be given: its own variables and those of what it includes;
    a server from before prompts could include others sends neither.
    """

    body: PromptBody
    lock_digest: str
    inputs: dict[str, Any] | None = None
    includes: tuple[IncludedPrompt, ...] = ()
    experiments: tuple[PromptExperiment, ...] = ()


class ExperimentArm(Answered):
    """A version that a share of the units gets."""

    name: str
    weight: float
    prompt: PromptDetail


class ExperimentRule(Answered):
    """Units whose attribute has one of these values."""

    attribute: str
    values: tuple[bool | int | float | str, ...]


class PromptExperiment(Answered):
    """A running experiment on the label that a prompt was asked for by, with all that assigns its units."""

    id: UUID
    name: str
    salt: str
    allocation: int
    arms: tuple[ExperimentArm, ...]
    steps: tuple[tuple[float, float], ...]
    holdback: float
    rules: tuple[ExperimentRule, ...]
    slice: tuple[str, float, float] | None
    covariate: str | None


class ExposuresRecorded(Answered):
    """How many exposures were taken, and which were not."""

    recorded: int
    refused: list[dict[str, Any]]


class PromptSummary(Answered):
    """One line of the list of prompts."""

    name: str
    namespace: str
    type: Literal["text", "chat"] | None
    description: str | None
    tags: list[str]
    latest: int
    labels: dict[str, int]
    created_at: datetime
    updated_at: datetime


class Rendered(Answered):
    """The messages that would go to the model."""

    number: int
    messages: list[Message]
    variables: dict[str, Any] | None = None


class Usage(Answered):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None


class RunResult(Answered):
    """The end of a run; `value` is the parsed output when the version has an output schema."""

    execution_id: UUID
    output: str
    value: Any = None
    finish_reason: str
    number: int
    lock_digest: str
    model: str
    model_digest: str
    usage: Usage
    latency_first_token_ms: float | None
    latency_total_ms: float
    cost_usd: float | None
    trace_id: str | None


class DocumentVersion(Answered):
    """One version of a document, and how far its indexing is."""

    id: UUID
    number: int
    digest: str
    content_sha256: str
    bytes: int
    created_at: datetime
    state: Literal["queued", "running", "indexed", "failed", "cancelled"]
    job_id: UUID
    error_code: str | None = None
    error_message: str | None = None
    media_type: str | None = None
    characters: int | None = None
    pages: int | None = None
    chunks: int | None = None


class Document(Answered):
    """A document with its latest version."""

    id: UUID
    collection: str
    namespace: str
    name: str
    removed: bool
    restricted: bool = False
    searched_number: int | None
    created_at: datetime
    latest: DocumentVersion
    metadata: dict[str, bool | int | float | str] = Field(default_factory=dict[str, bool | int | float | str])


class AddedDocument(Answered):
    """What adding a document did: `unchanged` when the same bytes were there already."""

    outcome: Literal["added", "changed", "restored", "unchanged", "retried"]
    document: Document
    job_id: UUID


class Job(Answered):
    """A durable job and how far it is."""

    id: UUID
    kind: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress_done: int
    progress_total: int
    note: str | None
    error_code: str | None
    error_message: str | None


class ExecutedVersion(Answered):
    kind: str
    namespace: str
    name: str
    number: int
    version_id: UUID
    digest: str
    lock_digest: str | None


class ExecutedModel(Answered):
    provider: str
    model: str
    digest: str
    weights_digest: str | None
    source_digest: str | None


class Execution(Answered):
    """One line of the list of executions."""

    id: UUID
    namespace: str
    kind: str
    status: ExecutionStatus
    artifact: ExecutedVersion | None
    model: ExecutedModel | None
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


class Content(Answered):
    """Content of an execution: `present`, `erased`, or `none` at all."""

    state: Literal["present", "erased", "none"]
    commitment: str | None = None
    value: Any = None


class ExecutionDetail(Execution):
    """Everything stored about one execution."""

    parameters: dict[str, Any]
    seed: int | None
    error_message: str | None
    inputs: Content
    messages: list[dict[str, Any]] | None
    output: Content
    sources: list[UUID]


class AuditEntry(Answered):
    """One entry of the audit log; `seq` is its leaf's number, None until it is sequenced."""

    id: UUID
    seq: int | None
    kind: str
    subject: str
    actor_id: UUID
    occurred_at: datetime
    facts: dict[str, Any]
    leaf_hash: str


class Feedback(Answered):
    """One recorded judgement of an execution or of a conversation."""

    id: UUID
    namespace: str
    metric_name: str
    value: bool | float | str | None
    comment: str | None
    content_erased: bool
    execution_id: UUID | None
    session_id: str | None
    actor_id: UUID
    created_at: datetime


class DocumentProgress(BaseModel):
    """How far one document is, as `add_documents` reports it; `done` of `total` units of its indexing."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: Literal["sending", "queued", "running", "indexed", "unchanged", "failed", "cancelled"]
    done: int = 0
    total: int = 0
    finished_documents: int = 0
    documents: int = 0
