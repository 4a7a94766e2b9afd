"""The support check: what was asked for, and whether a sentence holds it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.support import Evidence, confidence, coverage, denies, holds_kind, numbers


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("How many loaves are sold?", "It sells four hundred loaves.", True),
        ("How many loaves are sold?", "It sells loaves of rye.", False),
        ("When was it built?", "It was built in 1874.", True),
        ("When was it built in 1874?", "It was built in 1874 of stone.", False),
        ("Who built the tower?", "The tower was built by Ingrid Solberg.", True),
        ("Who built the Karsund tower?", "The tower of Karsund was built of stone.", False),
        ("Why was it built?", "It was built for ships.", True),
    ],
)
def test_a_sentence_holds_the_kind_that_was_asked_for(question: str, sentence: str, *, holds: bool) -> None:
    assert holds_kind(question, sentence) is holds


def test_coverage_is_the_share_by_weight() -> None:
    weights = {"rare": 3.0, "common": 1.0}
    assert coverage(weights, frozenset({"rare"})) == 0.75
    assert coverage(weights, frozenset()) == 0
    assert coverage({}, frozenset({"rare"})) == 0


unit = st.floats(0, 1)


@given(unit, unit, unit, unit, unit, unit)
def test_confidence_is_a_probability_that_grows_with_the_evidence(
    a: float, b: float, c: float, d: float, e: float, f: float
) -> None:
    value = confidence(Evidence(a, b, c, d, e, f))
    assert 0 < value < 1
    assert value <= confidence(Evidence(1, 1, 1, 1, 0, 0))
    assert value >= confidence(Evidence(0, 0, 0, 0, 1, 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Which ship did not arrive?", True),
        ("Who wasn’t there?", True),
        ("It can't be undone.", True),
        ("NOTHING was found.", True),
        ("Who noted the knot?", False),
    ],
)
def test_what_is_denied(text: str, *, expected: bool) -> None:
    assert denies(text) is expected


def test_numbers_are_words_that_begin_with_a_digit() -> None:
    assert numbers("In 1874 the 3rd of B52's ships") == {"1874", "3rd"}
