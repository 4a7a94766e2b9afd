"""What of a model's words becomes a wording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.rewriting.wordings import MAX_CHARACTERS, read_wordings
from rag.strategy import Rewriting

QUESTION = "Who built it?"
KINDS = ("condense", "multi_query", "step_back", "hyde", "multi_hop")


def rewriting(kind: str, **others: object) -> Rewriting:
    return Rewriting.model_validate({"kind": kind, "prompt": "words@production", **others})


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("multi_query", "1. Who built the tower?\n2) Which mason?\n\n- 'Whose work is it?'\n* A fourth", 3),
        ("multi_query", "who built IT?\nWho built the tower?\nwho built the tower?", ["Who built the tower?"]),
        ("condense", "Sure:\nWho built it?", ["Sure:"]),
        (
            "condense",
            "  \n“Who built the tower of Karsund?”\n(because it says so)",
            ["Who built the tower of Karsund?"],
        ),
        ("step_back", "- How are towers built?", ["How are towers built?"]),
        ("hyde", "The tower was built\nby a mason\x00 in 1880.\n", ["The tower was built by a mason in 1880."]),
        ("multi_hop", "1. Where does Ada come from?\nBecause it says so.", ["Where does Ada come from?"]),
        ("multi_query", " \n\t", []),
        ("hyde", "", []),
    ],
)
def test_lines_less_their_marks_are_wordings(kind: str, text: str, found: list[str] | int) -> None:
    wordings = read_wordings(text, rewriting(kind), QUESTION)
    if isinstance(found, int):
        assert wordings == ["Who built the tower?", "Which mason?", "Whose work is it?"][:found]
    else:
        assert wordings == found


def test_no_more_than_wanted_are_taken() -> None:
    assert len(read_wordings("a b\nc d\ne f", rewriting("multi_query", queries=2), QUESTION)) == 2


@given(st.text(), st.sampled_from(KINDS))
def test_wordings_can_always_be_searched(text: str, kind: str) -> None:
    wordings = read_wordings(text, rewriting(kind), QUESTION)
    assert len(wordings) <= (3 if kind == "multi_query" else 1)
    assert len({one.casefold() for one in wordings}) == len(wordings)
    for one in wordings:
        assert one == one.strip() != ""
        assert len(one) <= MAX_CHARACTERS
        assert "\x00" not in one
        assert "\n" not in one
