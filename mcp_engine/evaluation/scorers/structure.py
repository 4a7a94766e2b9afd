"""Scorers of outputs that are JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn, cast

from pydantic import Field

from mcp_engine.canonical import canonical_json
from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.scorers.port import (
    Answered,
    FunctionScorer,
    NoParameters,
    Parameters,
    ScoreFailed,
    alternatives,
)
from mcp_engine.json_schemas import check_schema, check_value


class Schema(Parameters):
    """The JSON Schema (2020-12) that the output must satisfy."""

    schema_: dict[str, Any] = Field(alias="schema")


def json_schema(parameters: Schema, answered: Answered) -> float:
    try:
        check_value(parameters.schema_, _parsed(answered.output), code="score.invalid", what="the output")
    except (ValueError, InvalidInput):
        return 0.0
    return 1.0


def field_f1(_: NoParameters, answered: Answered) -> float:
    """Return the best F1 over fields: a field is a path and the value at it. An output that is no JSON has none."""
    wanted = [Counter(_fields(one)) for one in alternatives(answered) if isinstance(one, dict | list)]
    if not wanted:
        raise ScoreFailed("score.no_fields_expected", "This row expects no object whose fields could be compared.")
    try:
        given = Counter(_fields(_parsed(answered.output)))
    except ValueError:
        return 0.0
    return max(2 * (given & one).total() / max(1, given.total() + one.total()) for one in wanted)


def _parsed(output: Any) -> Any:
    """Return the value that a text holds; raises `ValueError`."""
    if not isinstance(output, str):
        return output
    try:
        return json.loads(output, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield path and value of every leaf, also of what is empty; the order of a list does not count."""
    if value and isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            yield from _fields(inner, f"{path}/{name}")
    elif value and isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _fields(inner, f"{path}/*")
    else:
        yield path, canonical_json(value)


TYPES = (
    FunctionScorer(
        "json_schema", "The output is JSON that satisfies a schema.", Schema, json_schema,
        checked=lambda parameters: check_schema(parameters.schema_, what="`schema`"),
    ),
    FunctionScorer("field_f1", "Fields shared with the object that the row expects, as F1.", NoParameters, field_f1),
)  # fmt: skip
