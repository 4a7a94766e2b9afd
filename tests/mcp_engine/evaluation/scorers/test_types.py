"""The deterministic types of scorers, through the registry that evaluations use."""

from __future__ import annotations

import json
import math
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.access import Caller
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.scorers.kind import ScorerKind, parameters_of
from mcp_engine.evaluation.scorers.port import Answered, FunctionScorer, NoParameters, ScoreFailed, Scoring
from mcp_engine.evaluation.scorers.registry import ScorerTypes

TYPES = ScorerTypes()
SCORING = Scoring(Caller(UUID(int=1), UUID(int=2), "person", frozenset(), UUID(int=3)), "default")
TEXT = st.text(max_size=40)
LEAF = st.none() | st.booleans() | st.integers(-9, 9) | TEXT
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12
)


async def score(name: str, output: Any, expected: Any = None, **parameters: Any) -> float:
    body = ScorerKind(TYPES).normalise({"type": name, "parameters": parameters, "direction": "higher"})
    answered = Answered({"q": "?"}, expected, output, latency_ms=12.5, cost_usd=0.25, output_tokens=3)
    return (await TYPES.get(name).score(SCORING, parameters_of(TYPES, body), answered)).value


@pytest.mark.parametrize(
    ("name", "output", "expected", "parameters", "value"),
    [
        ("exact", "Paris", "Paris", {}, 1),
        ("exact", " Paris\n", "Paris", {}, 1),
        ("exact", " Paris", "Paris", {"ignore_space": False}, 0),
        ("exact", "paris", "Paris", {}, 0),
        ("exact", "paris", "Paris", {"ignore_case": True}, 1),
        ("exact", "STRASSE", "straße", {"ignore_case": True}, 1),
        ("exact", "Lima", ["Paris", "Lima"], {}, 1),
        ("exact", '{"a":1}', {"a": 1}, {}, 1),
        ("contains", "It is Paris.", "Paris", {}, 1),
        ("contains", "It is Rome.", "Paris", {}, 0),
        ("contains", "a b", None, {"texts": ["a", "c"]}, 1),
        ("contains", "a b", None, {"texts": ["a", "c"], "all_of": True}, 0),
        ("regex", "order 66", None, {"pattern": r"\d+"}, 1),
        ("regex", "Order", None, {"pattern": "^order$", "ignore_case": True}, 1),
        ("regex", "order", None, {"pattern": r"\d"}, 0),
        ("numeric", "The answer is 1,234.5.", 1234.5, {}, 1),
        ("numeric", "From 3 we get 42", "42", {}, 1),
        ("numeric", "From 3 we get 42", 3, {"find": "first"}, 1),
        ("numeric", "From 3 we get 42", 42, {"find": "only"}, 0),
        ("numeric", "41.6", 42, {"absolute": 0.5}, 1),
        ("numeric", "41.4", 42, {"absolute": 0.5}, 0),
        ("numeric", "none", 42, {}, 0),
        ("numeric", "-1e3", -1000, {}, 1),
        ("json_schema", '{"a": 1}', None, {"schema": {"type": "object", "required": ["a"]}}, 1),
        ("json_schema", "{}", None, {"schema": {"type": "object", "required": ["a"]}}, 0),
        ("json_schema", "not JSON", None, {"schema": {}}, 0),
        ("json_schema", '{"a": NaN}', None, {"schema": {}}, 0),
        ("json_schema", "[" * 100_000, None, {"schema": {}}, 0),
        ("field_f1", '{"a": 1, "b": 2}', {"a": 1, "b": 2}, {}, 1),
        ("field_f1", '{"a": 1, "b": 3}', {"a": 1, "b": 2}, {}, 0.5),
        ("field_f1", '{"a": [2, 1]}', {"a": [1, 2]}, {}, 1),
        ("field_f1", "not JSON", {"a": 1}, {}, 0),
        ("exact_match", "the cat sat", "A cat sat!", {}, 1),
        ("exact_match", "the cat sat", ["a dog sat", "the Cat, sat."], {}, 1),
        ("exact_match", "cat sat", "sat cat", {}, 0),
        ("token_f1", "the cat sat", "A cat sat!", {}, 1),
        ("token_f1", "a cat", "a dog", {}, 0),
        ("token_f1", "cat sat", "cat", {}, 2 / 3),
        ("token_f1", "", "", {}, 1),
        ("latency", "x", None, {}, 12.5),
        ("cost", "x", None, {}, 0.25),
        ("output_tokens", "x", None, {}, 3),
        ("length", "four", None, {}, 4),
    ],
)
async def test_what_an_output_is_worth(
    name: str, output: Any, expected: Any, parameters: dict[str, Any], value: float
) -> None:
    assert await score(name, output, expected, **parameters) == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "expected", "code"),
    [
        ("exact", None, "score.nothing_expected"),
        ("contains", [], "score.nothing_expected"),
        ("numeric", "forty-two", "score.no_number_expected"),
        ("field_f1", "text", "score.no_fields_expected"),
    ],
)
async def test_a_row_that_expects_nothing_fit_is_a_named_failure(name: str, expected: Any, code: str) -> None:
    with pytest.raises(ScoreFailed) as failed:
        await score(name, "output", expected)
    assert failed.value.code == code


async def test_what_is_not_known_is_no_zero() -> None:
    for name in ("latency", "cost", "output_tokens"):
        with pytest.raises(ScoreFailed) as failed:
            await TYPES.get(name).score(SCORING, NoParameters(), Answered({}, None, "x"))
        assert failed.value.code == "score.not_known"


async def test_a_pattern_that_backtracks_holds_nobody_up() -> None:
    with pytest.raises(ScoreFailed) as failed:
        await score("regex", "a" * 40 + "b", None, pattern=r"(a|aa)+$")
    assert failed.value.code == "score.pattern_slow"


@given(TEXT, st.lists(TEXT, max_size=3))
async def test_shares_stay_between_nothing_and_all(output: str, expected: list[str]) -> None:
    for name in ("exact", "exact_match", "contains", "token_f1"):
        if expected:
            assert 0 <= await score(name, output, expected) <= 1


@given(st.dictionaries(TEXT, JSON, min_size=1, max_size=4))
async def test_an_object_has_all_its_own_fields(value: dict[str, Any]) -> None:
    assert await score("field_f1", json.dumps(value), value) == 1


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"type": "vibes"}, "scorer.type_unknown", "exact"),
        ({"type": "exact", "parameters": {"case": True}}, "scorer.invalid", "case"),
        ({"type": "regex", "parameters": {}}, "scorer.invalid", "pattern"),
        ({"type": "regex", "parameters": {"pattern": "("}}, "scorer.invalid", "regular expression"),
        ({"type": "numeric", "parameters": {"absolute": math.inf}}, "scorer.invalid", "absolute"),
        ({"type": "json_schema", "parameters": {"schema": {"type": 7}}}, "schema.invalid", "schema"),
        ({"type": "length"}, "scorer.no_direction", "higher"),
        ({"type": "exact", "direction": "sideways"}, "scorer.invalid", "direction"),
        ({}, "scorer.invalid", "type"),
    ],
)
def test_a_scorer_that_is_none_is_refused(body: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(EngineError) as refused:
        ScorerKind(TYPES).normalise(body)
    assert refused.value.code == code
    assert named in refused.value.message


def test_a_stored_scorer_is_whole_and_stays_so() -> None:
    stored = ScorerKind(TYPES).normalise({"type": "numeric"})
    assert stored == {
        "type": "numeric", "direction": "higher", "description": "",
        "parameters": {"find": "last", "absolute": 0.0, "relative": 1e-9},
    }  # fmt: skip
    assert ScorerKind(TYPES).normalise(stored) == stored


def test_two_types_never_share_a_name() -> None:
    with pytest.raises(ValueError, match="exact"):
        ScorerTypes([FunctionScorer("exact", "Mine.", NoParameters, lambda _, __: 1.0)])
