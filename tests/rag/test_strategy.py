"""Bodies of strategies: defaults, what came later, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.canonical import digest
from mcp_engine.errors import InvalidInput
from rag.strategy import Filters, Strategy, StrategyKind

KIND = StrategyKind()
FIRST_RELEASE = {"candidates", "dense_weight", "sentence_weight", "k1", "b", "passages"}


def test_what_came_later_is_written_only_where_it_says_something() -> None:
    plain = KIND.normalise({})
    assert set(plain["retrieval"]) == FIRST_RELEASE
    said = {"retrieval": {"fusion": "min_max", "rrf_k": 60, "mmr": None, "filters": {}}}
    assert digest(KIND.normalise(said)) == digest(plain)
    other = KIND.normalise({"retrieval": {"fusion": "rrf", "mmr": 0.7, "filters": {"documents": ["a/*"]}}})
    assert set(other["retrieval"]) == FIRST_RELEASE | {"fusion", "mmr", "filters"}
    assert KIND.normalise(other) == other
    strategy = Strategy.model_validate(other)
    assert (strategy.retrieval.rrf_k, strategy.retrieval.filters.documents) == (60, ("a/*",))


@pytest.mark.parametrize(
    ("retrieval", "member"),
    [
        ({"fusion": "sum"}, "retrieval.fusion"),
        ({"rrf_k": 0}, "retrieval.rrf_k"),
        ({"mmr": 1.01}, "retrieval.mmr"),
        ({"mmr": -0.1}, "retrieval.mmr"),
        ({"filters": {"documents": "a*"}}, "retrieval.filters.documents"),
        ({"filters": {"documents": [""]}}, "retrieval.filters.documents.0"),
        ({"filters": {"media_types": ["a\x00"]}}, "retrieval.filters.media_types.0"),
        ({"filters": {"since": "yesterday"}}, "retrieval.filters.since"),
        ({"filters": {"since": "2026-02-30"}}, "retrieval.filters.since"),
        ({"filters": {"until": 1_700_000_000}}, "retrieval.filters.until"),
        ({"filters": {"since": "2026-03-02", "until": "2026-03-01"}}, "`since` is later than `until`"),
        ({"filters": {"name": "a"}}, "retrieval.filters.name"),
    ],
)
def test_a_wrong_value_is_named(retrieval: dict[str, Any], member: str) -> None:
    with pytest.raises(InvalidInput, match=member) as raised:
        KIND.normalise({"retrieval": retrieval})
    assert raised.value.code == "rag_strategy.invalid"


def test_days_come_back_as_they_were_written() -> None:
    body = {"since": "2026-03-01", "until": "9999-12-31"}
    written = Filters.model_validate(body).model_dump(mode="json", exclude_defaults=True)
    assert written == body
