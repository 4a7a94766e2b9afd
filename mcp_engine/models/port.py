"""The model port: what a served model is, and the parameters that every adapter understands.

An adapter is a `langchain_core.language_models.BaseChatModel`. `ainvoke` and `astream` take the
fields of `ModelCall` as keyword arguments and raise only `EngineError`s. The answer carries
`usage_metadata`; `response_metadata["finish_reason"]` is `stop`, `length` or `tool_calls`. Closing
a stream, or cancelling the task that reads it, ends the generation behind it. The `usage_metadata`
of a stream's chunks add up to the answer's; those until any chunk to what is known to be spent by
then, so that a stream which breaks off has told what it cost.
"""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from mcp_engine import canonical
from mcp_engine.models.calls import CallParameters, ModelCall, checked_call
from mcp_engine.models.tokens import ESTIMATED, TokenCounter

__all__ = ["CallParameters", "ModelCall", "ModelIdentity", "ServedModel", "checked_call"]


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
    """A model ready to be called: `name` is what resolves to it again, and `tokens` counts what it will read."""

    name: str
    chat: BaseChatModel
    identity: ModelIdentity
    tokens: TokenCounter = ESTIMATED
