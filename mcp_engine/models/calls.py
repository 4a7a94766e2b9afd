"""The parameters of a call: what every adapter understands, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of

MAX_OUTPUT_TOKENS = 32_768
MAX_SEED = 2**31 - 1

StopText = Annotated[str, Field(min_length=1, max_length=256)]


class CallParameters(BaseModel):
    """How to sample; the defaults make an answer repeatable (greedy, fixed seed)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(default=0.0, ge=0.0, le=2.0, allow_inf_nan=False)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    max_tokens: int = Field(default=256, ge=1, le=MAX_OUTPUT_TOKENS)
    stop: list[StopText] = Field(default_factory=list[StopText], max_length=8)
    seed: int = Field(default=0, ge=0, le=MAX_SEED)


class ModelCall(CallParameters):
    """One call: the parameters, and what belongs to this call alone.

    `response_schema` is a JSON Schema that the answer must satisfy; an answer that ends with
    `length` may be cut short of it. `fair_key` shares the queue fairly (the tenant's id).
    `timeout_seconds` counts from the call, waiting included; None means the model's own limit.
    """

    response_schema: dict[str, Any] | None = None
    fair_key: str = ""
    timeout_seconds: float | None = Field(default=None, gt=0, le=86_400)


def checked_call(arguments: Mapping[str, Any]) -> ModelCall:
    """Return the call that keyword arguments ask for; None means the default.

    Raises:
        InvalidInput: `model.parameters_invalid`, naming each wrong parameter.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return ModelCall.model_validate(given)
    except ValidationError as error:
        raise InvalidInput("model.parameters_invalid", f"Correct the model parameters: {faults_of(error)}") from error
