"""The artifact kind `scorer`: a type, what it is told, and which direction is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.scorers.port import Direction, Parameters
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.faults import faults_of

KIND: Final = "scorer"


class ScorerBody(BaseModel):
    """The body of a version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(min_length=1, max_length=64, description="Such as exact, token_f1 or judge.")
    parameters: dict[str, Any] = {}
    direction: Direction | None = Field(default=None, description="Which way is better, where the type leaves it open.")
    description: str = Field(default="", max_length=2000)


class ScorerKind:
    """Validates scorers for the registry."""

    name = KIND

    def __init__(self, types: ScorerTypes) -> None:
        self._types = types

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with its defaults filled in.

        Raises:
            InvalidInput: `scorer.invalid`, `scorer.type_unknown`, `scorer.no_direction`.
        """
        scorer = _validated(ScorerBody, body, "the scorer")
        kind = self._types.get(scorer.type)
        parameters = parameters_of(self._types, body)
        kind.check(parameters)
        if scorer.direction is None and kind.direction is None:
            raise InvalidInput(
                "scorer.no_direction",
                f"Say which way is better: `direction` of a scorer of the type {kind.name!r} is `higher` or `lower`.",
            )
        return {
            "type": scorer.type,
            "parameters": parameters.model_dump(mode="json", by_alias=True),
            "direction": scorer.direction or kind.direction,
            "description": scorer.description,
        }

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:
        return self._types.get(body["type"]).dependencies(parameters_of(self._types, body))

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
        """What a scorer stands on is looked at when it runs: a prompt that judges may come to fit later."""


def parameters_of(types: ScorerTypes, body: Mapping[str, Any]) -> Parameters:
    """Return the parameters in a body; raises `InvalidInput` (`scorer.invalid`) naming what is wrong."""
    return _validated(types.get(body["type"]).parameters, body.get("parameters") or {}, "the parameters")


def _validated(model: type[Any], value: Mapping[str, Any], what: str) -> Any:
    try:
        return model.model_validate(dict(value))
    except ValidationError as error:
        raise InvalidInput("scorer.invalid", f"Correct {what}: {faults_of(error, whole='body')}.") from error
