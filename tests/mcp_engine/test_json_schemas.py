"""JSON Schemas come from outside: what they may do to the engine is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.errors import InvalidInput
from mcp_engine.json_schemas import check_schema, check_value


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "strnig"}, "type"),
        ({"properties": {"a": {"minLength": -1}}}, "properties/a/minLength"),
        ({"pattern": "("}, "pattern"),
        ({"properties": {"a": {"patternProperties": {"x": {}}}}}, "patternProperties"),
        (nested(5000), "too deeply"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        check_schema(schema, what="`variables`")
    assert refused.value.code == "schema.invalid"
    assert "`variables`" in refused.value.message


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {"patternProperties": {"type": "string"}}},
        {"default": {"patternProperties": 1}},
        {"type": "string", "pattern": r"^\d{4}-\d\d$"},
    ],
)
def test_other_schemas_pass(schema: dict[str, Any]) -> None:
    check_schema(schema, what="it")


def test_a_value_that_does_not_fit_is_named_with_its_place() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"pattern": "^x"}}}}
    check_value(schema, {"a": ["xy"]}, code="test.bad", what="It")
    with pytest.raises(InvalidInput, match=r"It does not fit its schema: a/1: 'y' does not match") as refused:
        check_value(schema, {"a": ["x", "y"]}, code="test.bad", what="It")
    assert refused.value.code == "test.bad"


def test_a_pattern_that_backtracks_is_given_up() -> None:
    with pytest.raises(InvalidInput, match="can't be matched"):
        check_value({"pattern": "^(a|a)*$"}, "a" * 60 + "b", code="test.bad", what="It")


@pytest.mark.parametrize("reference", ["https://example.org/schema.json", "#/$defs/missing", "file:///etc/passwd"])
def test_references_are_never_fetched(reference: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_value({"$ref": reference}, 1, code="test.bad", what="It")
    assert refused.value.code == "schema.unresolvable"


def test_a_schema_that_refers_to_itself_ends() -> None:
    with pytest.raises(InvalidInput, match="nests too deeply"):
        check_value({"$ref": "#"}, 1, code="test.bad", what="It")
