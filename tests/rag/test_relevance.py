"""Rankings and citations against what should have been found."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rag.relevance import Place, Source, matches, ndcg, precision, recall

PLACE = Place("a.md", 10, 20, "The  Lighthouse of Vane.")


def test_ndcg_is_one_for_the_ideal_order_and_less_for_any_other() -> None:
    assert ndcg([True, True, False], 2, 10) == 1
    assert ndcg([True], 5, 1) == 1
    assert ndcg([False, True], 1, 10) == pytest.approx(1 / math.log2(3))
    assert ndcg([False] * 10 + [True], 1, 10) == 0
    assert ndcg([], 0, 10) == 0


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"document": "a.md"}, True),
        ({"document": "b.md"}, False),
        ({"document": "a.md", "start": 19, "end": 30}, True),
        ({"document": "a.md", "start": 20, "end": 30}, False),
        ({"document": "a.md", "start": 5}, True),
        ({"document": "a.md", "end": 10}, False),
        ({"document": "a.md", "text": "the lighthouse of vane."}, True),
        ({"document": "a.md", "text": "lighthouse"}, True),
        ({"document": "a.md", "text": "It is told that the lighthouse of Vane. Stands."}, True),
        ({"document": "a.md", "text": "harbour"}, False),
    ],
)
def test_a_place_matches_by_span_or_by_words(source: dict[str, Any], *, expected: bool) -> None:
    assert matches(PLACE, Source.model_validate(source)) is expected


@pytest.mark.parametrize("wrong", [{}, {"document": ""}, {"document": "a", "start": -1}, {"document": "a", "page": 1}])
def test_a_source_that_says_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Source.model_validate(wrong)


spans = st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(spans, min_size=1, max_size=5), st.lists(spans, min_size=1, max_size=5))
def test_precision_and_recall_are_one_measure_seen_from_both_sides(
    found: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    def places(spans: list[tuple[int, int]]) -> list[Place]:
        return [Place("a", start, end, "") for start, end in spans]

    def sources(spans: list[tuple[int, int]]) -> list[Source]:
        return [Source(document="a", start=start, end=end) for start, end in spans]

    assert precision(places(found), sources(wanted)) == recall(places(wanted), sources(found))
    assert precision(places(found), sources(found)) == recall(places(found), sources(found)) == 1
    assert 0 <= recall(places(found), sources(wanted)) <= 1
