"""The artifact kind `gate`: which labels it protects, and what a release under them needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mcp_engine.artifacts.kinds import Reference, checked_label
from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.datasets.kind import KIND as DATASET
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.scorers.kind import KIND as SCORER
from mcp_engine.faults import faults_of
from mcp_engine.identifiers import NAME_PATTERN

KIND: Final = "gate"
ACTIVE: Final = "active"
"""The label of the version that is in force."""
MAX_REQUIREMENTS: Final = 16

Rule = Literal["better", "not_worse", "at_least"]
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=128)]
ReferenceText = Annotated[str, Field(min_length=1, max_length=180)]


class Requirement(BaseModel):
    """Something that must be shown on the rows of a split.

    `better`: more rows improve than worsen, against what the label points at. `not_worse`: the share of rows that are
    right falls by less than `margin`. `at_least`: the share of rows that are right is above `threshold`. A row is right
    when its score is `pass_at` or better; without it `better` compares the scores themselves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    dataset: ReferenceText = Field(description="Such as `questions/2` or `questions@current`.")
    split: str = Field(default=SEALED, max_length=128)
    scorer: ReferenceText = Field(description="Such as `exact`, `helpful/3`; a judge must be calibrated.")
    rule: Rule = "better"
    threshold: float | None = Field(default=None, gt=0, lt=1)
    margin: float | None = Field(default=None, gt=0, lt=1)
    pass_at: float | None = None
    model: str | None = Field(default=None, max_length=256, description="Another model than the version's.")
    parameters: dict[str, Any] = Field(default={}, description="Of the runs, such as the seed or the collection.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {"at_least": "threshold", "not_worse": "margin"}.get(self.rule)
        for name in ("threshold", "margin"):
            given = getattr(self, name) is not None
            if given != (name == needed):
                raise ValueError(f"the rule {self.rule!r} {'takes no' if given else 'needs a'} `{name}`")
        return self


class Protects(BaseModel):
    """Labels of artifacts: names may hold `*` and `?`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(default="prompt", max_length=64)
    names: list[Annotated[str, Field(min_length=1, max_length=128)]] = Field(default=["*"], min_length=1, max_length=64)
    label: str = "production"

    @model_validator(mode="after")
    def _label_exists(self) -> Self:
        checked_label(self.label)
        return self

    def speaks_of(self, kind: str, name: str) -> bool:
        """Return whether one of the labels is this artifact's."""
        return self.kind == kind and any(fnmatchcase(name, pattern) for pattern in self.names)


class GateBody(BaseModel):
    """The body of a version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field(default="", max_length=2000)
    enabled: bool = Field(default=True, description="False: protects nothing any more; what it granted stays.")
    protects: Protects = Protects()
    requires: list[Requirement] = Field(default=[], max_length=MAX_REQUIREMENTS)
    approvals: int = Field(default=0, ge=0, le=5, description="Persons who must approve, none of them the author.")
    movers: list[Annotated[str, Field(max_length=128)]] = Field(
        default=[], max_length=32, description="Names of those who may release; empty: whoever may move labels."
    )
    machines: Literal["propose", "release"] = Field(
        default="propose", description="Whether machines may release, or only ask for it."
    )
    experiments: Literal["refuse", "allow"] = Field(
        default="refuse", description="Whether experiments may show versions under the label that it was not moved to."
    )
    cooldown_minutes: int = Field(default=0, ge=0, le=60 * 24 * 30, description="Between two moves of the label.")
    error_budget: float = Field(
        default=0.05, gt=0, le=0.2, description="Probability of any false promotion over all looks at one sealed set."
    )
    planned_looks: int = Field(default=20, ge=1, le=10_000, description="How many looks share most of the budget.")
    minimum_rows: int = Field(default=100, ge=10, le=100_000, description="Of a sealed split that may be looked at.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [requirement.name for requirement in self.requires]
        if len(set(names)) < len(names):
            raise ValueError("two requirements have one name; name each of them differently")
        return self

    def covers(self, kind: str, name: str, label: str) -> bool:
        """Return whether a release of this needs this gate's consent."""
        return self.enabled and self.protects.label == label and self.protects.speaks_of(kind, name)


class GateKind:
    """Validates gates for the registry."""

    name = KIND

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with its defaults filled in.

        Raises:
            InvalidInput: `gate.invalid`; `name.invalid`, `label.invalid` and the like for references.
        """
        try:
            gate = GateBody.model_validate(dict(body))
        except ValidationError as error:
            raise InvalidInput("gate.invalid", f"Correct the gate: {faults_of(error, whole='the gate')}") from error
        if gate.protects.kind == KIND:
            raise InvalidInput("gate.invalid", "Gates need no gate: only owners move their labels.")
        self.dependencies(gate.model_dump())
        return gate.model_dump(mode="json")

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:
        found = [
            reference
            for requirement in body["requires"]
            for reference in (
                Reference.parse(DATASET, requirement["dataset"]), Reference.parse(SCORER, requirement["scorer"])
            )
        ]  # fmt: skip
        return list(dict.fromkeys(found))

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
        """Every dataset and every scorer will do; whether a split is there is seen when evidence is asked for."""


def parse_body(body: Mapping[str, Any]) -> GateBody:
    """Return the body of a stored version."""
    return GateBody.model_validate(dict(body))
