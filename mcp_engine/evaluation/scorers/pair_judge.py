"""A model that compares: a governed prompt whose output says which of two outputs is better.

It scores no single output; `mcp_engine.evaluation.pairs` asks it about every row of two evaluations, in both orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.evaluation.scorers.judging import Judging
from mcp_engine.evaluation.scorers.port import Answered, Direction, Parameters, Scale, Score, ScoreFailed, Scoring
from mcp_engine.prompts.kind import KIND as PROMPT

PAIR_JUDGE: Final = "pair_judge"


class PairJudging(Judging):
    """Which prompt compares.

    It is given the variables that it declares, of these: the row's inputs by their names, `inputs` (all of them),
    `expected`, `first` and `second`. Its output schema has a property `winner`, an enum of `first`, `second` and
    (if it may) `tie`.
    """


class PairJudgeScorer:
    """The type of scorers that compare two outputs."""

    name = PAIR_JUDGE
    description = "A prompt that says which of two outputs is better; for judged comparisons alone."
    direction: Direction | None = "higher"
    scale: Scale = "share"
    unit = ""
    parameters = PairJudging

    def check(self, parameters: Parameters) -> None:
        reference_of(parameters)

    def dependencies(self, parameters: Parameters) -> Sequence[Reference]:
        return (reference_of(parameters),)

    async def score(self, scoring: Scoring, parameters: Parameters, answered: Answered) -> Score:  # noqa: ARG002 - the Protocol's
        raise ScoreFailed("score.compares_two", "This judge compares two outputs; a single one has no score by it.")


def reference_of(parameters: Parameters) -> Reference:
    """Return the prompt that a judge of pairs asks; raises `InvalidInput` for a text that names none."""
    assert isinstance(parameters, PairJudging)
    return Reference.parse(PROMPT, parameters.prompt)
