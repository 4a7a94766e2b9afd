"""Strategies in the registry: which bodies are valid, and which prompts they may name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from mcp_engine.prompts.kind import KIND as PROMPT
from rag.embedders.options import BUNDLED, STATIC
from rag.strategy import KIND, Composing, Rewriting, Strategy


class _Use(NamedTuple):
    """What a prompt is for, the variable that it has to have, and those that it may have."""

    purpose: str
    needed: str
    optional: tuple[str, ...]


_USES: Final[Mapping[type[Rewriting | Composing], _Use]] = {
    Rewriting: _Use("rewrite questions", "question", ("earlier",)),
    Composing: _Use("write an answer", "sentences", ("question",)),
}


class StrategyKind:
    """Validates strategies for the registry.

    Args:
        embedders: the names that a strategy may choose from.
    """

    name = KIND

    def __init__(self, embedders: Collection[str] = (BUNDLED, STATIC)) -> None:
        self._embedders = embedders

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with its defaults filled in, but those of members that came later.

        Raises:
            InvalidInput: `rag_strategy.invalid`, naming each member that is wrong; `rag_strategy.embedder_unknown`.
        """
        try:
            strategy = Strategy.model_validate(dict(body))
        except ValidationError as error:
            raise InvalidInput("rag_strategy.invalid", f"Correct the strategy: {faults_of(error)}") from error
        if strategy.embedder not in self._embedders:
            raise InvalidInput(
                "rag_strategy.embedder_unknown",
                f"No embedder is named {strategy.embedder!r}; there are: {', '.join(self._embedders)}. The operator "
                "lists more in the file that MCP_ENGINE_EMBEDDERS_FILE names.",
            )
        return strategy.model_dump(mode="json")

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:
        named = (Reference.parse(PROMPT, part.prompt) for part in _naming_prompts(body))
        return tuple(dict.fromkeys(named))

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
        """A prompt takes what it is for, and nothing that asking does not have.

        Raises:
            InvalidInput: `rag_strategy.prompt_unfit`.
        """
        for part in _naming_prompts(body):
            reference, use = Reference.parse(PROMPT, part.prompt), _USES[type(part)]
            variables: Mapping[str, Any] = found[f"{PROMPT}:{reference}"]["variables"]
            unknown = sorted({*variables.get("required", ())} - {use.needed, *use.optional})
            if unknown or use.needed not in variables.get("properties", {}):
                why = f"it asks for {', '.join(unknown)}" if unknown else f"it takes no `{use.needed}`"
                raise InvalidInput(
                    "rag_strategy.prompt_unfit",
                    f"{reference} can't {use.purpose}: {why}. Its variables have to be `{use.needed}` and, where it "
                    f"wants it, {' and '.join(f'`{name}`' for name in use.optional)}.",
                )


def _naming_prompts(body: Mapping[str, Any]) -> list[Rewriting | Composing]:
    """Return the parts of a strategy that name a prompt."""
    strategy = Strategy.model_validate(dict(body))
    return [part for part in (strategy.rewriting, strategy.composing) if part is not None]
