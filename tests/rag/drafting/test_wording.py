"""The question in what a model wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.drafting.wording import question_in
from rag.question_text import MAX_QUESTION_CHARACTERS

QUESTION = "Who built the lighthouse of Karsund?"


@pytest.mark.parametrize(
    "output",
    [
        QUESTION, f"  {QUESTION}\n", f"Question: {QUESTION}", f"**Question 1:** {QUESTION}", f"1. {QUESTION}",
        f"- Q: “{QUESTION}”", f"Here is one:\n\n{QUESTION} Ingrid Solberg did.", f"_{QUESTION}_\nHow high is it?",
    ],
)  # fmt: skip
def test_the_first_question_is_found_without_what_stands_around_it(output: str) -> None:
    assert question_in(output) == QUESTION


@pytest.mark.parametrize("output", ["", "Ingrid Solberg built it.", "What?", "???", "x" * 5000 + " and then what?"])
def test_what_is_no_question_is_none(output: str) -> None:
    assert question_in(output) is None


@given(st.text(max_size=400))
def test_whatever_a_model_writes_a_question_is_one_short_line_of_it(output: str) -> None:
    found = question_in(output)
    if found is not None:
        assert found.endswith("?")
        assert found.count("?") == 1
        assert len(found.splitlines()) == 1
        assert len(found) <= MAX_QUESTION_CHARACTERS
        assert found.removesuffix("?") in output
