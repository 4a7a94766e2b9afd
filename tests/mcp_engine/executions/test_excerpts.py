"""The few words by which a list says what an execution was given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.canonical import canonical_json
from mcp_engine.executions.excerpts import EXCERPT_CHARACTERS, READ_CHARACTERS, excerpt

SAFE = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | SAFE, lambda inner: st.lists(inner) | st.dictionaries(SAFE, inner)
)


def of(inputs: Any, read: int = READ_CHARACTERS) -> str:
    return excerpt(canonical_json({"inputs": inputs, "messages": None}).decode()[:read])


@pytest.mark.parametrize(
    ("inputs", "shown"),
    [
        ({"question": "Why is\n  the sky blue?", "collection": "sky"}, "Why is the sky blue?"),
        ({"variables": {"term": "leeway", "reader": "a sailor"}}, "reader: a sailor, term: leeway"),
        ({"variables": {"names": ["Ada", "Grace"], "count": 2}}, 'count: 2, names: ["Ada", "Grace"]'),
        ({"variables": {}}, ""),
        ({"variables": {"text": "a" * 200, "tone": "dry"}}, f"text: {'a' * 79}…, tone: dry"),
        ("plain words", "plain words"),
        (None, ""),
    ],
)
def test_a_question_stands_alone_and_variables_by_name(inputs: Any, shown: str) -> None:
    assert of(inputs) == shown


def test_inputs_nested_too_deep_to_read_are_shown_as_they_are_stored() -> None:
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    assert of(deep).startswith("[[[[")


@given(JSON, st.integers(len('{"inputs":'), READ_CHARACTERS))
def test_whatever_the_inputs_and_wherever_the_reading_ends_it_is_one_short_line(inputs: Any, read: int) -> None:
    shown = of(inputs, read)
    assert len(shown) <= EXCERPT_CHARACTERS
    assert len(shown.splitlines()) <= 1


@given(SAFE, st.integers(0, 5_000))
def test_a_long_question_begins_as_it_was_asked(begin: str, more: int) -> None:
    question = " ".join(begin.split()) + "x" * more
    shown = of({"collection": "sea", "question": question})
    assert question.startswith(shown.removesuffix("…").rstrip())
