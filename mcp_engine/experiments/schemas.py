"""What the API takes and shows of experiments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from mcp_engine.artifacts.splits import MAX_EXACT, AttributeValue, UnitId
from mcp_engine.identifiers import NAME_PATTERN
from mcp_engine.statistics.confidence import BURN_IN, PLANNED

State = Literal["draft", "running", "stopped", "promoted", "rolled_back"]
Direction = Literal["higher", "lower"]
MetricKind = Literal["binary", "mean"]
Role = Literal["primary", "further", "guardrail"]
MAX_BATCH = 1000

Finite = Annotated[float, Field(ge=-MAX_EXACT, le=MAX_EXACT, allow_inf_nan=False)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=256)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
SessionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ArmSpec(_Strict):
    """A version that a part of the units gets; the first arm of an experiment is its control."""

    name: Name
    version: int = Field(ge=1, le=2**31 - 1)
    weight: Finite


class MetricSpec(_Strict):
    """What is measured by feedback, and in which direction it is better.

    `binary` takes booleans, or the numbers 0 and 1; `mean` takes numbers.
    """

    name: Name
    kind: MetricKind
    direction: Direction | None = Field(default=None, description="Required: there is no better without it.")


class GuardrailSpec(MetricSpec):
    """A metric that must not get worse than the control's by more than `tolerated_loss`, in the metric's unit."""

    tolerated_loss: float = Field(default=0.0, ge=0, le=MAX_EXACT, allow_inf_nan=False)


class RampStep(_Strict):
    """From a moment on (so many hours after the start, or a time) this share of the units takes part."""

    share: Share
    after_hours: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.after_hours is None) == (self.at is None):
            raise ValueError("give one of `after_hours` and `at`")
        return self


class RuleSpec(_Strict):
    """Units whose attribute equals a value, or is one of several."""

    attribute: Text = Field(min_length=1)
    equals: AttributeValue | None = None
    among: list[AttributeValue] | None = Field(default=None, alias="in", min_length=1, max_length=100)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.equals is None) == (self.among is None):
            raise ValueError("give one of `equals` and `in`")
        return self

    @property
    def values(self) -> list[AttributeValue]:
        return self.among if self.among is not None else [] if self.equals is None else [self.equals]


class GroupSpec(_Strict):
    """Experiments of one group never share a unit: each has a part of the group's units to itself."""

    name: Name
    share: float = Field(gt=0, le=1, allow_inf_nan=False)


class Plan(_Strict):
    """Everything about an experiment that is named before the data, apart from its arms."""

    metrics: list[MetricSpec] = Field(min_length=1, max_length=8, description="The first is the primary one.")
    guardrails: list[GuardrailSpec] = Field(default_factory=list[GuardrailSpec], max_length=8)
    alpha: float = Field(default=0.05, gt=0, lt=1, allow_inf_nan=False)
    planned_units: int = Field(default=PLANNED, ge=10, le=10**9)
    burn_in: int = Field(default=BURN_IN, ge=2, le=10**9, description="Values an arm before a mean is judged.")
    covariate: Text | None = Field(
        default=None,
        description="An attribute of units, a number known before they are assigned: it narrows means (CUPED).",
    )
    ramp: list[RampStep] = Field(default_factory=lambda: [RampStep(share=1.0, after_hours=0.0)], max_length=50)
    targeting: list[RuleSpec] = Field(default_factory=list[RuleSpec], max_length=16)
    group: GroupSpec | None = None
    holdback: float = Field(default=0.0, ge=0, lt=1, allow_inf_nan=False)
    allocator: Literal["fixed", "top_two"] = "fixed"


class NewExperiment(Plan):
    """An experiment to begin; `start` false leaves it a draft."""

    name: Name
    kind: str = Field(default="prompt", max_length=64)
    artifact: Name
    label: str = Field(default="production", max_length=36)
    arms: list[ArmSpec] = Field(max_length=12)
    start: bool = True


class ArmView(BaseModel):
    """`weight` is the share that it was planned with, `share` the one it has now (of units that are not held back)."""

    name: str
    version: int
    lock_digest: str
    weight: float
    share: float


class EventView(BaseModel):
    number: int
    kind: str
    facts: dict[str, Any]
    reason: str
    actor_id: UUID
    created_at: datetime


class ExperimentSummary(BaseModel):
    """One line of the list of experiments."""

    id: UUID
    namespace: str
    name: str
    kind: str
    artifact: str
    label: str
    state: State
    arms: list[ArmView]
    primary_metric: str
    allocator: Literal["fixed", "top_two"]
    traffic: float = Field(description="The share of units that takes part now.")
    alarmed: bool = Field(description="Units did not reach the arms in the intended shares.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ExperimentDetail(ExperimentSummary):
    """An experiment with all that it was planned with, and what became of it."""

    plan: Plan
    author_id: UUID
    events: list[EventView]


class Stop(_Strict):
    reason: str = Field(default="", max_length=2000, pattern=r"^[^\x00]*$")


class Promote(Stop):
    arm: str = Field(description="Whose version the label shall point at.")


class Exposure(_Strict):
    """A unit was shown an arm, outside of a run that the engine records."""

    experiment_id: UUID
    unit_id: UnitId
    arm: str | None = Field(description="Null for a unit that is held back.")
    allocation: int = Field(default=0, ge=0, le=2**31 - 1, description="As the assignment's mapping numbers it.")
    session_id: SessionId | None = Field(default=None, description="By which feedback finds this exposure.")
    is_fallback: bool = Field(default=False, description="It was shown something else, because the arm was not there.")
    covariate: Finite | None = None


class Exposures(_Strict):
    exposures: list[Exposure] = Field(min_length=1, max_length=MAX_BATCH)


class RefusedExposure(BaseModel):
    index: int
    code: str
    message: str


class ExposuresRecorded(BaseModel):
    """How many were taken, and which were not; the others are."""

    recorded: int
    refused: list[RefusedExposure]
