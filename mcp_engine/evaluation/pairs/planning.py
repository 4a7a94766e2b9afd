"""From a request to everything pinned: which judge, which prompt it asks, on which model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.pairs.schemas import Answer
from mcp_engine.evaluation.scorers.kind import KIND as SCORER
from mcp_engine.evaluation.scorers.kind import parameters_of
from mcp_engine.evaluation.scorers.pair_judge import PAIR_JUDGE, PairJudging, reference_of
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.prompts.kind import KIND as PROMPT
from mcp_engine.prompts.runs import ModelSource
from mcp_engine.prompts.schemas import PromptDetail
from mcp_engine.prompts.service import PromptService

ANSWERS: tuple[Answer, ...] = ("first", "second", "tie")
_SIDES = {"first", "second"}


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """What the name of a judge means now."""

    judge: ResolvedVersion
    prompt_name: str
    prompt_number: int
    model_name: str
    model_digest: str


class JudgePlanner:
    """Resolves judges of pairs."""

    def __init__(
        self, artifacts: ArtifactService, types: ScorerTypes, prompts: PromptService, models: ModelSource
    ) -> None:
        self._artifacts = artifacts
        self._types = types
        self._prompts = prompts
        self._models = models

    async def plan(self, caller: Caller, namespace: str, judge: str) -> JudgePlan:
        """Resolve a judge, the prompt that its lock pins, and the model.

        Raises:
            NotFound: `scorer.not_found`, `model.unknown` and the like; names what exists.
            InvalidInput: `judged_comparison.no_pair_judge`, `judged_comparison.judge_unfit`.
        """
        found = await self._artifacts.resolve(caller, namespace, Reference.parse(SCORER, judge))
        if found.body["type"] != PAIR_JUDGE:
            raise InvalidInput(
                "judged_comparison.no_pair_judge",
                f"{found.name!r} is a scorer of the type {found.body['type']!r}; name one of the type {PAIR_JUDGE!r}.",
            )
        parameters = parameters_of(self._types, found.body)
        assert isinstance(parameters, PairJudging)
        reference = reference_of(parameters)
        pinned = {one.reference: one.number for one in found.dependencies}
        number = pinned[f"{PROMPT}:{reference}"]
        prompt = await self._prompts.get(caller, namespace, reference.name, version=number)
        _check(prompt)
        model = await self._models.resolve(caller, parameters.model or prompt.body.model)
        return JudgePlan(found, prompt.name, number, model.name, model.identity.digest)


def _check(prompt: PromptDetail) -> None:
    missing = sorted(_SIDES - set(prompt.inputs.get("properties", {})))
    if missing:
        raise _unfit(prompt, f"it has no variable {' and no '.join(map(repr, missing))}")
    answers = _enum(prompt.body.output_schema)
    if not _SIDES <= answers <= set(ANSWERS):
        raise _unfit(prompt, f"its output schema needs a property `winner` with the enum {', '.join(ANSWERS)}")


def _enum(schema: Any) -> set[Any]:
    match schema:
        case {"properties": {"winner": {"enum": [*answers]}}, "required": [*required]} if "winner" in required:
            return {answer for answer in answers if isinstance(answer, str)}
        case _:
            return set()


def _unfit(prompt: PromptDetail, reason: str) -> InvalidInput:
    return InvalidInput(
        "judged_comparison.judge_unfit",
        f"The prompt {prompt.name}/{prompt.number} can't judge pairs: {reason}. Push a version that fits.",
    )
