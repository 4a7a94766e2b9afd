"""The model port: what a served model is, and the parameters that every adapter understands.

An adapter is a `langchain_core.language_models.BaseChatModel`. `ainvoke` and `astream` take the
fields of `ModelCall` as keyword arguments and raise only `EngineError`s. The answer carries
`usage_metadata`; `response_metadata["finish_reason"]` is `stop`, `length` or `tool_calls`. Closing
a stream, or cancelling the task that reads it, ends the generation behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine import canonical
from mcp_engine.errors import InvalidInput

MAX_OUTPUT_TOKENS = 32_768
MAX_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model answered, as far as it can be known.

    Args:
        provider: `local`, or the name of a configured provider.
        model: the model's id at that provider.
        weights_digest: SHA-256 of the weights in use; None when a remote serves them.
        source_digest: SHA-256 of the file that the weights were made from.
    """

    provider: str
    model: str
    weights_digest: str | None = None
    source_digest: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of what is known; executions record it."""
        known = {"provider": self.provider, "model": self.model}
        if self.weights_digest is not None:
            known["weights_digest"] = self.weights_digest
        if self.source_digest is not None:
            known["source_digest"] = self.source_digest
        return canonical.digest(known)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model ready to be called: `name` is what resolves to it again."""

    name: str
    chat: BaseChatModel
    identity: ModelIdentity


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
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:5])
        raise InvalidInput("model.parameters_invalid", f"Correct the model parameters: {faults}") from error
