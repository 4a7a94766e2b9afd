"""Question sets as their publishers write them: gold spans are where the words stand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.question_sets import QuestionSet, chunking, clapnq, squad

DATA = os.environ.get("MCP_ENGINE_BENCH_DATA")
FOLDERS = [None, *([Path(DATA)] if DATA else [])]


@pytest.mark.parametrize("data", FOLDERS, ids=lambda folder: "own rows" if folder is None else "public rows")
@pytest.mark.parametrize("load", [squad, clapnq, chunking])
def test_gold_spans_stand_in_documents(load: Callable[[Path | None], QuestionSet], data: Path | None) -> None:
    found = load(data)
    assert found.is_own is (data is None)
    assert found.answerable
    for asked in found.asked:
        assert asked.question
        for gold in asked.gold:
            assert 0 <= gold.start < gold.end <= len(found.documents[gold.document])


def test_what_has_no_answer_has_no_gold() -> None:
    assert [one.question for one in squad(None).asked if not one.gold] == [
        "When was the lighthouse at Korrin Point torn down?",
        "Which keeper was not ill?",
    ]
    (unanswerable,) = [one for one in clapnq(None).asked if not one.gold]
    assert "cost" in unanswerable.question
    (first, *_) = squad(None).answerable
    (gold,) = first.gold
    assert squad(None).documents[gold.document][gold.start : gold.end] == "1871"
