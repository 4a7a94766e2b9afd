"""A model that judges: a governed prompt whose output says whether another output is good.

How good the judge itself is, is another question: see calibration. Until it is answered, a judge informs and
never decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.evaluation.scorers.judging import JUDGE_RUN, UNREADABLE, Judging, ask
from mcp_engine.evaluation.scorers.port import (
    Answered,
    Direction,
    Parameters,
    Scale,
    Score,
    ScoreFailed,
    Scoring,
)
from mcp_engine.evaluation.scorers.verdicts import read_verdict
from mcp_engine.executions.schemas import SEALED_RUN
from mcp_engine.prompts.kind import KIND as PROMPT
from mcp_engine.prompts.schemas import RunCompleted
from mcp_engine.prompts.service import PromptService

JUDGE: Final = "judge"


class SingleJudging(Judging):
    """Which prompt judges.

    It is given the variables that it declares, of these: the row's inputs by their names, `inputs` (all of them),
    `output` and `expected`. Its output must be JSON with `pass` (true or false) or `score` (from 0 to 1); an output
    schema in the prompt sees to it.
    """


class JudgeScorer:
    """Runs the prompt that the scorer's lock pins, once a row."""

    name = JUDGE
    description = "A prompt that says whether the output is good."
    direction: Direction | None = "higher"
    scale: Scale = "share"
    unit = ""
    parameters = SingleJudging

    def __init__(self, prompts: PromptService) -> None:
        self._prompts = prompts

    def check(self, parameters: Parameters) -> None:
        Reference.parse(PROMPT, _judging(parameters).prompt)

    def dependencies(self, parameters: Parameters) -> Sequence[Reference]:
        return (Reference.parse(PROMPT, _judging(parameters).prompt),)

    async def score(self, scoring: Scoring, parameters: Parameters, answered: Answered) -> Score:
        """Return 1 or 0 for `pass`, or the `score`.

        Raises:
            ScoreFailed: `score.judge_variable` for a variable that the row doesn't have, `score.judge_unreadable`
                when the model's words are no judgement.
        """
        judging = _judging(parameters)
        reference = Reference.parse(PROMPT, judging.prompt)
        pinned = f"{PROMPT}:{reference}"
        prompt = await self._prompts.get(
            scoring.caller, scoring.namespace, reference.name,
            version=scoring.pinned[pinned], lock_digest=scoring.locks[pinned],
        )  # fmt: skip
        values = {
            **answered.inputs,
            "inputs": dict(answered.inputs),
            "output": answered.output,
            "expected": answered.expected,
        }
        kind = SEALED_RUN if scoring.sealed else JUDGE_RUN
        run = await ask(self._prompts, scoring.caller, prompt, values, judging.model, kind)
        return Score(_verdict(run), run.execution_id)


def _judging(parameters: Parameters) -> Judging:
    assert isinstance(parameters, Judging)
    return parameters


def _verdict(run: RunCompleted) -> float:
    verdict = read_verdict(run.output)
    if verdict is None:
        raise ScoreFailed(UNREADABLE, "The judge's output is no JSON with `pass` or `score`.", run.execution_id)
    return verdict
