"""Strategies under evaluation: a row's question is asked of a collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.runs.subject import RunPlan, SubjectModel
from mcp_engine.executions.schemas import ExecutionDetail
from rag.asking import AskService
from rag.embedders.registry import Embedders
from rag.options import with_options
from rag.strategy import KIND, Strategy

COLLECTION = "collection"
OPTIONS = "options"
QUESTION = "question"


class AskSubject:
    """Rag strategies: rows have a `question`, and the parameter `collection` says where it is asked.

    The parameter `options` changes options of the strategy for these questions alone: `{"retrieval.passages": 3}`.
    Scorers see the answer's text without its markers; a refusal is an empty text. Nothing is reused, because what a
    collection holds may have changed.
    """

    kind = KIND
    reusable = False

    def __init__(self, asking: AskService, embedders: Embedders) -> None:
        self._asking = asking
        self._embedders = embedders

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Return if the parameters name a collection, and perhaps options that can be changed.

        Raises:
            InvalidInput: `evaluation.collection_missing`, `evaluation.parameter_unknown`,
                `evaluation.options_invalid`, and what `with_options` raises.
        """
        if not isinstance(parameters.get(COLLECTION), str):
            raise InvalidInput(
                "evaluation.collection_missing", "Say which collection is asked: `parameters` needs `collection`."
            )
        unknown = sorted(parameters.keys() - {COLLECTION, OPTIONS})
        if unknown:
            raise InvalidInput(
                "evaluation.parameter_unknown",
                f"A question takes no parameter {unknown[0]!r}; it takes `collection` and `options`.",
            )
        options = parameters.get(OPTIONS, {})
        if not isinstance(options, dict):
            raise InvalidInput("evaluation.options_invalid", "`options` is an object, such as retrieval.passages: 3.")
        with_options(Strategy(), options)  # pyright: ignore[reportUnknownArgumentType] - JSON that is checked there

    async def model(self, caller: Caller, version: ResolvedVersion, wanted: str | None) -> SubjectModel:  # noqa: ARG002 - the Protocol's
        if wanted is not None:
            raise InvalidInput("evaluation.model_fixed", "A strategy names its embedder itself; leave the model out.")
        embedder = await self._embedders.named(Strategy.model_validate(version.body).embedder)
        return SubjectModel(embedder.name, embedder.digest)

    async def run(self, caller: Caller, plan: RunPlan, inputs: Mapping[str, Any]) -> UUID:
        question = inputs.get(QUESTION)
        if not isinstance(question, str):
            raise InvalidInput("evaluation.question_missing", "This row has no `question` to ask.")
        answer = await self._asking.answer(
            caller, plan.namespace, plan.parameters[COLLECTION], question, f"{plan.name}/{plan.number}",
            options=plan.parameters.get(OPTIONS), kind=plan.kind,
        )  # fmt: skip
        return answer.execution_id

    def output(self, run: ExecutionDetail) -> Any:
        """Return the sentences of the answer, one after the other."""
        answer = run.output.value
        prose = [statement["text"] for statement in answer.get("prose", ())]
        return " ".join(prose or [citation["cited_text"] for citation in answer["citations"]])
