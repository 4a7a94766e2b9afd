"""Strategies in the registry: which bodies are valid, and which prompts they may name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from mcp_engine.prompts.kind import KIND as PROMPT
from rag.embedders.options import BUNDLED, STATIC
from rag.prompt_use import PromptUse
from rag.reranking.options import not_there
from rag.strategy import (
    KIND,
    Composing,
    CrossEncoderJudging,
    CrossEncoderReranking,
    ModelJudging,
    ModelReranking,
    Rewriting,
    Strategy,
)

_Prompted: TypeAlias = Rewriting | ModelReranking | ModelJudging | Composing
_Part = TypeVar("_Part", CrossEncoderReranking, CrossEncoderJudging)

_USES: Final[Mapping[type[_Prompted], PromptUse]] = {
    Rewriting: PromptUse("rewrite questions", ("question",), ("earlier", "found")),
    ModelReranking: PromptUse("order passages", ("passages",), ("question",)),
    ModelJudging: PromptUse("judge whether there is an answer", ("question", "sentences"), ("passages",)),
    Composing: PromptUse("write an answer", ("sentences",), ("question",)),
}


class StrategyKind:
    """Validates strategies for the registry.

    Args:
        embedders: the names that a strategy may choose from.
        rerankers: the cross-encoders that it may choose from, and the digests of their files.
    """

    name = KIND

    def __init__(
        self, embedders: Collection[str] = (BUNDLED, STATIC), rerankers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._embedders = embedders
        self._rerankers = rerankers

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with its defaults filled in, but those of members that came later, and with the digest of
        the files of the cross-encoders that it names.

        Raises:
            InvalidInput: `rag_strategy.invalid`, naming each member that is wrong; `rag_strategy.embedder_unknown`,
                `rag_strategy.reranker_unknown`, `rag_strategy.reranker_changed`.
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
        if isinstance(strategy.reranking, CrossEncoderReranking):
            strategy = strategy.model_copy(update={"reranking": self._pinned(strategy.reranking)})
        if isinstance(strategy.judging, CrossEncoderJudging):
            strategy = strategy.model_copy(update={"judging": self._pinned(strategy.judging)})
        return strategy.model_dump(mode="json")

    def _pinned(self, part: _Part) -> _Part:
        digest = self._rerankers.get(part.model)
        if digest is None:
            why = not_there(part.model, sorted(self._rerankers))
            raise InvalidInput("rag_strategy.reranker_unknown", f"{why} The engine looks for new ones when it starts.")
        if part.digest not in (None, digest):
            raise InvalidInput(
                "rag_strategy.reranker_changed",
                f"The files of the cross-encoder {part.model!r} have the digest {digest}, and `digest` says "
                f"{part.digest}; leave it out to take the files that are there.",
            )
        return part.model_copy(update={"digest": digest})

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
            misfit = use.misfit(reference, variables)
            if misfit is not None:
                raise InvalidInput("rag_strategy.prompt_unfit", misfit)


def _naming_prompts(body: Mapping[str, Any]) -> list[_Prompted]:
    """Return the parts of a strategy that name a prompt."""
    strategy = Strategy.model_validate(dict(body))
    parts = (strategy.rewriting, strategy.reranking, strategy.judging, strategy.composing)
    return [part for part in parts if isinstance(part, Rewriting | ModelReranking | ModelJudging | Composing)]
