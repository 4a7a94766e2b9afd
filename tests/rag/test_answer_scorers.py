"""Scorers of whole answers: citations, passages, and whether there should be an answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.evaluation.scorers.port import Answered, ScoreFailed, Scoring
from rag.answer_scorers import TYPES

SCORING = Scoring(Caller(UUID(int=1), UUID(int=2), "person", frozenset(), UUID(int=3)), "default")
BY_NAME = {one.name: one for one in TYPES}


def found(document: str, start: int, end: int, **text: str) -> dict[str, Any]:
    return {"version": {"document": document}, "start": start, "end": end, **text}


ANSWER = {
    "refused": False,
    "citations": [found("a.md", 0, 10, cited_text="It is red."), found("b.md", 40, 60, cited_text="It floats.")],
    "passages": [found("c.md", 0, 99, text=""), found("a.md", 0, 50, text=""), found("b.md", 0, 30, text="")],
}
REFUSAL = {"refused": True, "citations": [], "passages": ANSWER["passages"]}
SOURCES = [{"document": "a.md", "start": 5, "end": 9}, {"document": "d.md", "text": "It sinks."}]


async def score(name: str, record: Any, sources: Any = SOURCES, **parameters: Any) -> float:
    kind = BY_NAME[name]
    answered = Answered({"question": "What?"}, None, "", metadata={"sources": sources}, record=record)
    return (await kind.score(SCORING, kind.parameters.model_validate(parameters), answered)).value


async def test_citations_are_compared_with_the_rows_sources() -> None:
    assert await score("citation_precision", ANSWER) == 0.5
    assert await score("citation_recall", ANSWER) == 0.5
    assert await score("citation_recall", ANSWER, [{"document": "b.md", "text": "it floats"}]) == 1
    assert await score("citation_precision", ANSWER, json.dumps(SOURCES)) == 0.5


async def test_passages_are_compared_with_the_rows_sources() -> None:
    assert await score("retrieval_recall", ANSWER) == 0.5
    assert await score("retrieval_recall", ANSWER, k=1) == 0
    assert await score("retrieval_ndcg", ANSWER, SOURCES[:1], k=5) == pytest.approx(0.6309, abs=1e-4)


async def test_characters_of_the_nearest_passages_are_compared_with_those_of_the_sources() -> None:
    text = "The keeper wrote:\nIt  is red. It floats."
    record = ANSWER | {
        "passages": [found("a.md", 100, 100 + len(text), text=text), found("b.md", 0, 60, text="x" * 60)]
    }
    sources = [{"document": "a.md", "text": "it is red."}, {"document": "b.md", "start": 50, "end": 70}]
    names = ("span_precision", "span_recall", "span_iou")
    common, shown, wanted = 11 + 10, len(text) + 60, 11 + 20
    expected = (common / shown, common / wanted, common / (shown + wanted - common))
    assert [await score(name, record, sources) for name in names] == pytest.approx(expected)
    assert await score("span_recall", record, [{"document": "a.md", "text": "It sinks."}]) == 0
    assert [await score(name, record | {"passages": []}, []) for name in names] == [1, 1, 1]
    assert [await score(name, record, []) for name in names] == [0, 1, 0]
    with pytest.raises(ScoreFailed) as failed:
        await score("span_iou", record, [{"document": "a.md"}])
    assert failed.value.code == "score.no_place"


@pytest.mark.parametrize("name", ["citation_precision", "citation_recall", "abstention"])
async def test_a_refusal_is_right_where_nothing_answers_and_only_there(name: str) -> None:
    assert await score(name, REFUSAL, []) == 1
    assert await score(name, REFUSAL) == 0
    assert await score(name, ANSWER, []) == 0


async def test_where_nothing_is_to_be_found_nothing_is_missed() -> None:
    assert await score("retrieval_recall", REFUSAL, []) == 1
    assert await score("retrieval_ndcg", REFUSAL, []) == 1
    assert await score("abstention", ANSWER) == 1


@pytest.mark.parametrize(
    ("record", "sources", "code"),
    [
        (ANSWER, None, "score.no_sources"),
        (ANSWER, "[", "score.sources_invalid"),
        (ANSWER, [{"page": 3}], "score.sources_invalid"),
        ("a text", SOURCES, "score.no_answer"),
        (None, SOURCES, "score.no_answer"),
    ],
)
async def test_where_nothing_can_be_compared_there_is_no_score(record: Any, sources: Any, code: str) -> None:
    with pytest.raises(ScoreFailed) as failed:
        await score("citation_recall", record, sources)
    assert failed.value.code == code
