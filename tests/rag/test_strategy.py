"""Bodies of strategies: defaults, what came later, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.canonical import digest
from mcp_engine.errors import InvalidInput
from rag.strategy import Filters, Strategy
from rag.strategy_kind import StrategyKind

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


def said_of(**condition: Any) -> dict[str, Any]:
    return {"filters": {"metadata": [condition]}}


def test_conditions_on_metadata_are_written_as_they_are_said() -> None:
    conditions = [{"key": "team", "one_of": ["ops", True, 0.5]}, {"key": "year", "at_least": 0}]
    filters = {"documents": [], "media_types": [], "since": None, "until": None}
    assert KIND.normalise({"retrieval": {"filters": filters}}) == KIND.normalise({})
    body = KIND.normalise({"retrieval": {"filters": {"metadata": conditions}}})
    assert body["retrieval"]["filters"] == {**filters, "metadata": conditions}
    assert KIND.normalise(body) == body
    named = KIND.normalise({"retrieval": {"filters": {"documents": ["a*"]}}})
    assert named["retrieval"]["filters"] == {**filters, "documents": ["a*"]}


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
        (said_of(key="a b", one_of=["x"]), "retrieval.filters.metadata.0.key: .*a key has 1 to 64 letters"),
        (said_of(one_of=["x"]), "retrieval.filters.metadata.0.key"),
        (said_of(key="a"), "give either `one_of`"),
        (said_of(key="a", one_of=[]), "give either `one_of`"),
        (said_of(key="a", one_of=["x"], at_least=1), "give either `one_of`"),
        (said_of(key="a", one_of=[None]), "metadata.0.one_of.0: .*a value is text of at most"),
        (said_of(key="a", one_of=list(range(51))), "at most 50"),
        (said_of(key="a", at_least=True), "metadata.0.at_least: .*write true or false as `one_of`"),
        (said_of(key="a", at_most=float("inf")), "metadata.0.at_most: .*a value is text of at most"),
        (said_of(key="a", at_least=1, at_most="2"), "must both be numbers, or both text"),
        (said_of(key="a", at_least=2, at_most=1.5), "no document can fit"),
        (said_of(key="a", at_least="b", at_most="a"), "no document can fit"),
        ({"filters": {"metadata": [{"key": "a", "one_of": [1]}] * 11}}, "at most 10"),
    ],
)
def test_a_wrong_value_is_named(retrieval: dict[str, Any], member: str) -> None:
    with pytest.raises(InvalidInput, match=member) as raised:
        KIND.normalise({"retrieval": retrieval})
    assert raised.value.code == "rag_strategy.invalid"


def test_ways_to_cut_are_written_only_where_they_are_chosen() -> None:
    plain = KIND.normalise({})["chunking"]
    assert plain == {"max_characters": 1000, "overlap_sentences": 1}
    assert KIND.normalise({"chunking": {"kind": "sentences", "contextual_headers": False}})["chunking"] == plain
    chosen = {"kind": "parent_child", "child_characters": 200, "contextual_headers": True}
    body = KIND.normalise({"chunking": chosen})
    assert body["chunking"] == {**plain, **chosen}
    assert KIND.normalise(body) == body


@pytest.mark.parametrize(
    ("chunking", "said"),
    [
        ({"kind": "words"}, "chunking.kind"),
        ({"window_step": 3}, "`window_step` belongs to the kind `sentence_window`"),
        ({"kind": "structure", "breakpoint_percentile": 80}, "`breakpoint_percentile` belongs to the kind `semantic`"),
        ({"kind": "structure", "overlap_sentences": 2}, "only the kind `sentences` takes `overlap_sentences`"),
        ({"kind": "sentence_window", "window_sentences": 2, "window_step": 3}, "would be passed over"),
        ({"kind": "parent_child", "child_characters": 500, "max_characters": 400}, "must be less than"),
        ({"kind": "semantic", "breakpoint_percentile": 100}, "chunking.breakpoint_percentile"),
        ({"header_terms": True}, "`header_terms` needs `contextual_headers`"),
    ],
)
def test_what_would_have_no_effect_is_refused(chunking: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as raised:
        KIND.normalise({"chunking": chunking})
    assert raised.value.code == "rag_strategy.invalid"


def test_days_come_back_as_they_were_written() -> None:
    body = {"since": "2026-03-01", "until": "9999-12-31"}
    written = Filters.model_validate(body).model_dump(mode="json", exclude_defaults=True)
    assert written == body
