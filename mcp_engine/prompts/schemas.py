"""The body of a prompt version, and what the API takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_engine.artifacts.pushing import After
from mcp_engine.artifacts.schemas import SettingChange
from mcp_engine.artifacts.splits import Attributes, AttributeValue, UnitId
from mcp_engine.identifiers import NAME_PATTERN
from mcp_engine.models.port import CallParameters

Role = Literal["system", "user", "assistant"]
Tag = Annotated[str, Field(pattern=NAME_PATTERN)]


class Message(BaseModel):
    """One turn of a chat prompt; `content` is a template."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    content: str


class Tool(BaseModel):
    """A function that the model may ask for; `input_schema` is the JSON Schema of its arguments."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = Field(default="", max_length=4000)
    input_schema: dict[str, Any]


class PromptBody(BaseModel):
    """What a version of a prompt is: everything that shapes its answer, and nothing else.

    `variables` is a JSON Schema of an object; left out, it is inferred from the templates.
    `parameters` sets only what differs from the engine's defaults. `tools` are carried for the program
    that calls them; the engine's own runs of a prompt call none.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["text", "chat"] = "text"
    template: str | None = None
    messages: list[Message] | None = Field(default=None, min_length=1, max_length=200)
    variables: dict[str, Any] | None = None
    model: str | None = Field(default=None, min_length=1, max_length=256)
    parameters: CallParameters | None = None
    output_schema: dict[str, Any] | None = None
    tools: list[Tool] | None = Field(default=None, max_length=128)
    description: str | None = Field(default=None, max_length=4000)
    tags: list[Tag] | None = Field(default=None, max_length=32)

    @model_validator(mode="after")
    def _either(self) -> PromptBody:
        if self.type == "text" and (self.template is None or self.messages is not None):
            raise ValueError("a text prompt has a `template` and no `messages`")
        if self.type == "chat" and (self.messages is None or self.template is not None):
            raise ValueError("a chat prompt has `messages` and no `template`")
        return self


class PushPrompt(BaseModel):
    """A version to store; an identical one is found instead of made."""

    model_config = ConfigDict(extra="forbid")

    name: str
    body: PromptBody
    message: str = ""
    labels: list[str] = Field(default_factory=list[str], max_length=16)
    after: After = None


class PromptVersion(BaseModel):
    """One version without its body."""

    name: str
    namespace: str
    number: int
    version_id: UUID
    digest: str
    labels: list[str]
    message: str
    author_id: UUID
    created_at: datetime


class PromptPushed(PromptVersion):
    """The version that a push stored, or the identical one that it found (`created` is false)."""

    created: bool


class IncludedPrompt(BaseModel):
    """A prompt that a version includes, directly or not, as its lock pins it."""

    reference: str
    """As the template names it: `tone@production` or `tone/3`."""
    number: int
    digest: str
    template: str
    variables: dict[str, Any]


class PromptDetail(PromptVersion):
    """One version with its body, and the lock that a run of it would record now."""

    body: PromptBody
    lock_digest: str
    inputs: dict[str, Any]
    """JSON Schema of what a run must be given: its own variables and those of what it includes."""
    includes: list[IncludedPrompt]
    experiments: list[PromptExperiment] = Field(default_factory=list["PromptExperiment"])
    """Those that split the label it was asked for by; left out when there are none."""


class ExperimentArm(BaseModel):
    """A version that a share of the units gets."""

    name: str
    weight: float
    prompt: PromptDetail


class ExperimentRule(BaseModel):
    """Units whose attribute has one of these values."""

    attribute: str
    values: list[AttributeValue]


class PromptExperiment(BaseModel):
    """A running experiment on the label, with all that a client needs to assign units as the server does."""

    id: UUID
    name: str
    salt: str
    allocation: int
    arms: list[ExperimentArm]
    steps: list[tuple[float, float]]
    """From a moment on (seconds since 1970) this share of the units takes part."""
    holdback: float
    rules: list[ExperimentRule]
    slice: tuple[str, float, float] | None
    """A key, and the fractions of its units from (included) and to (excluded) that may take part."""
    covariate: str | None
    """The attribute to report with exposures, a number."""


class PromptSummary(BaseModel):
    """One line of the list of prompts: the latest version, and where the labels point."""

    name: str
    namespace: str
    type: Literal["text", "chat"] | None
    description: str | None
    tags: list[str]
    latest: int
    labels: dict[str, int]
    created_at: datetime
    updated_at: datetime


class PromptDiff(BaseModel):
    """What changed between two versions: a unified diff of the prompt's text, and every changed setting."""

    name: str
    from_number: int
    to_number: int
    identical: bool
    text: str
    frozen_changed: bool
    """Whether text between `frozen` and `endfrozen` is another."""
    settings: dict[str, SettingChange]


class VersionChoice(BaseModel):
    """Which version: a number, a label, or neither for the latest."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = None
    label: str | None = None


class RenderPrompt(VersionChoice):
    """Values for the variables, or the execution whose values to take once more."""

    variables: dict[str, Any] = Field(default_factory=dict[str, Any])
    execution_id: UUID | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.execution_id is not None and self.variables:
            raise ValueError("give `variables` or an `execution_id`, not both")
        return self


class Rendered(BaseModel):
    """The messages that would go to the model."""

    number: int
    messages: list[Message]
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LabelAim:
    """A move of a label that is thought about: where it would point."""

    label: str
    version: int


class PromptImpact(BaseModel):
    """A release that stands on a version of this prompt.

    A release never drifts: `would_pin` is what its next release would pin if the label moved as asked,
    null when this release does not follow that label.
    """

    kind: str
    name: str
    label: str
    number: int
    lock_digest: str
    reference: str
    pinned_number: int
    would_pin: int | None


class RunPrompt(RenderPrompt):
    """A run; `model` and `parameters` override the version's for this run and are recorded."""

    model: str | None = Field(default=None, min_length=1, max_length=256)
    parameters: dict[str, Any] | None = None
    stream: bool = False
    unit_id: UnitId | None = Field(
        default=None, description="Who always gets the same arm of an experiment on the label; kept as a digest."
    )
    attributes: Attributes = Field(
        default_factory=dict[str, AttributeValue], description="Of the unit, for the targeting of experiments."
    )


class Usage(BaseModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None


class RunCompleted(BaseModel):
    """The end of a run, and where to look for everything about it."""

    execution_id: UUID
    output: str
    value: Any = None
    """The parsed output, when the version has an output schema."""
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
