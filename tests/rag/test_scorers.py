"""Scorers of meaning, with the bundled embedder."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.evaluation.scorers.port import Answered, NoParameters, ScoreFailed, Scoring
from rag.embedding import MiniLMEmbedder
from rag.scorers import GroundedScorer, Grounding, SimilarityScorer

SCORING = Scoring(Caller(UUID(int=1), UUID(int=2), "person", frozenset(), UUID(int=3)), "default")
CONTEXT = (
    "The bridge was opened in 1932. It carries eight lanes of traffic and two railway tracks. Steel came from England."
)


async def similarity(embedder: MiniLMEmbedder, output: str, expected: Any) -> float:
    return (await SimilarityScorer(embedder).score(SCORING, NoParameters(), Answered({}, expected, output))).value


async def grounded(embedder: MiniLMEmbedder, output: str, **more: Any) -> float:
    answered = Answered({"context": CONTEXT, "passage": CONTEXT}, None, output)
    return (await GroundedScorer(embedder).score(SCORING, Grounding(**more), answered)).value


async def test_what_means_the_same_is_nearer_than_what_does_not(embedder: MiniLMEmbedder) -> None:
    expected = "The cat sleeps on the sofa."
    near = await similarity(embedder, "A cat is asleep on the couch.", expected)
    far = await similarity(embedder, "Interest rates rose by a quarter point.", expected)
    assert 0 <= far < 0.3 < 0.6 < near <= 1
    assert await similarity(embedder, expected, ["Something else.", expected]) == pytest.approx(1, abs=1e-3)


async def test_what_the_context_says_is_borne_out(embedder: MiniLMEmbedder) -> None:
    assert await grounded(embedder, "The bridge was opened in 1932.") == 1
    assert await grounded(embedder, "It was in 1932 that the bridge opened.") == 1
    assert await grounded(embedder, "The bridge was opened in 1952.") == 0
    assert await grounded(embedder, "The bridge was opened in 1932. Penguins live in Antarctica.") == 0.5
    assert await grounded(embedder, "The bridge was opened in 1932.", context="passage") == 1


@pytest.mark.parametrize(
    ("output", "more", "code"),
    [("Yes.", {"context": "document"}, "score.no_context"), ("  ", {}, "score.nothing_claimed")],
)
async def test_where_nothing_can_be_compared_there_is_no_score(
    embedder: MiniLMEmbedder, output: str, more: dict[str, str], code: str
) -> None:
    with pytest.raises(ScoreFailed) as failed:
        await grounded(embedder, output, **more)
    assert failed.value.code == code
