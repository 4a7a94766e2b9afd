"""Types of scorers that look at meaning: how near an output is to what was expected, and whether a context bears it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import Field

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.evaluation.scorers.port import (
    Answered,
    Direction,
    NoParameters,
    Parameters,
    Scale,
    Score,
    ScoreFailed,
    Scoring,
    alternatives,
    text_of,
)
from rag.embedding import MiniLMEmbedder
from rag.relevance import plain
from rag.sentences import split_sentences

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_FEWEST_CHARACTERS = 2


class _MeaningScorer:
    """What both share."""

    direction: Direction | None = "higher"
    scale: Scale = "share"
    unit = ""

    def __init__(self, embedder: MiniLMEmbedder) -> None:
        self._embedder = embedder

    def check(self, parameters: Parameters) -> None:
        """Whatever fits the model makes a scorer."""

    def dependencies(self, parameters: Parameters) -> Sequence[Reference]:  # noqa: ARG002 - it stands on nothing
        return ()


class SimilarityScorer(_MeaningScorer):
    """Cosine of the embeddings of output and expected text, the best of several; below 0 counts as 0."""

    name = "similarity"
    description = "How near the output's meaning is to what the row expects."
    parameters = NoParameters

    async def score(self, scoring: Scoring, parameters: Parameters, answered: Answered) -> Score:  # noqa: ARG002 - the Protocol's
        texts = [text_of(answered.output), *(text_of(wanted) for wanted in alternatives(answered))]
        vectors = await self._embedder.embed_passages(texts)
        return Score(min(1.0, max(0.0, float((vectors[1:] @ vectors[0]).max()))))


class Grounding(Parameters):
    """Where the context stands, and how near a sentence must be to one of its sentences."""

    context: str = Field(default="context", min_length=1, max_length=128, description="An input, or metadata.")
    threshold: float = Field(default=0.6, ge=0, le=1, description="Least cosine of a sentence that is borne out.")


class GroundedScorer(_MeaningScorer):
    """The share of the output's sentences that the context bears out.

    A sentence is borne out when it stands there word for word, or when a sentence of the context means nearly
    the same and the context holds every number in it. It does not see a negation: "is" and "is not" are near.
    """

    name = "grounded"
    description = "How much of the output a context in the row bears out."
    parameters = Grounding

    async def score(self, scoring: Scoring, parameters: Parameters, answered: Answered) -> Score:  # noqa: ARG002 - the Protocol's
        assert isinstance(parameters, Grounding)
        context = answered.inputs.get(parameters.context, answered.metadata.get(parameters.context))
        if context is None:
            raise ScoreFailed("score.no_context", f"This row has no {parameters.context!r} to compare with.")
        known, claimed = text_of(context), _claims(text_of(answered.output))
        if not claimed:
            raise ScoreFailed("score.nothing_claimed", "The output says nothing that could be borne out.")
        borne = await self._borne_out(claimed, known, parameters.threshold)
        return Score(sum(borne) / len(borne))

    async def _borne_out(self, claimed: Sequence[str], known: str, threshold: float) -> list[bool]:
        there = _claims(known) or [known]
        vectors = await self._embedder.embed_passages([*claimed, *there])
        nearest = (vectors[: len(claimed)] @ vectors[len(claimed) :].T).max(axis=1)
        words, numbers = plain(known), set(_NUMBER.findall(known))
        return [
            plain(claim) in words or (float(near) >= threshold and set(_NUMBER.findall(claim)) <= numbers)
            for claim, near in zip(claimed, nearest, strict=True)
        ]


def _claims(text: str) -> list[str]:
    found = (text[span.start : span.end].strip() for span in split_sentences(text))
    return [claim for claim in found if len(claim) >= _FEWEST_CHARACTERS]
