"""A question that turns a word of a sentence is told from one that repeats it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.opposites import turned


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("Which pier lies before the lighthouse?", "The old pier lies after the lighthouse.", ("before", "after")),
        ("Which tide has the smallest range?", "The spring tide has the largest range.", ("smallest", "largest")),
        ("What did the decreasing depth cost?", "The depth increased in 1874.", ("decreasing", "increased")),
        ("Which crossing is unsafe?", "The crossing in the bay is safe.", ("unsafe", "safe")),
        ("Which crossing is safe?", "The crossing in the bay is unsafe.", ("safe", "unsafe")),
        ("Which pier lies before the lighthouse?", "It lies before the lighthouse, after the bridge.", None),
        ("How many ships came?", "Few ships came, twelve of them.", None),
        ("How long is the pier?", "It is a short one of 12 metres.", None),
        ("Who ran the port?", "Import was free.", None),
        ("What cover did they have?", "They had to discover it.", None),
        ("Is it?", "A unit.", None),
    ],
)
def test_a_word_is_turned_when_its_opposite_stands_there_alone(
    question: str, sentence: str, expected: tuple[str, str] | None
) -> None:
    assert turned(question, sentence) == expected


@given(st.text())
def test_no_text_turns_itself(text: str) -> None:
    assert turned(text, text) is None
