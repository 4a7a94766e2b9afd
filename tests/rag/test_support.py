"""The support check: what was asked for, and whether a sentence holds it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.support import Evidence, confidence, coverage, denies, disagree, hold_names, holds_kind, names, numbers


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


@given(st.tuples(*[unit] * 9))
def test_confidence_is_a_probability_that_grows_with_the_evidence(found: tuple[float, ...]) -> None:
    value = confidence(Evidence(*found))
    assert 0 < value < 1
    assert value <= confidence(Evidence(1, 1, 1, 1, 0, 0, 0, 0, 0))
    assert value >= confidence(Evidence(0, 0, 0, 0, 1, 1, 1, 1, 1))


def test_names_are_what_begins_with_a_capital_after_the_first_word() -> None:
    assert names("What is the warranty of the Gamma pump?") == {"gamma"}
    assert names("Gamma pumps in 2023 and Ålesund") == {"ålesund"}
    assert names("who built it?") == frozenset()


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Who runs the Karsund Harbour Board?", True),
        ("Who runs the Karsund Fishing Board?", False),
        ("Who runs Karsund's board?", True),
        ("Who Runs The Karsund Fishing Board Of Sailors?", True),
        ("who runs the karsund fishing board?", True),
        ("Who is Ingrid Solberg's successor at the Karsund Harbour Board?", False),
    ],
)
def test_a_full_name_stands_in_a_passage_as_it_stands_in_the_question(question: str, *, held: bool) -> None:
    assert hold_names(question, ["Ships pay a due.", "The KARSUND harbour\nboard sets it."]) is held


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("The office in Bremen opens at 8 am and closes at 6 pm.", "The office in Bremen opens at 9 am.", True),
        ("The Alpha pump weighs 12 kg.", "The Beta pump weighs 15 kg.", False),
        ("The tower is 41 metres high.", "The tower is 41 metres high.", False),
        ("It has 3.", "It has 4.", False),
        ("The office in Bremen opens early.", "The office in Bremen opens at 9 am.", False),
    ],
)
def test_sentences_disagree_that_say_different_numbers_of_the_same(one: str, other: str, *, expected: bool) -> None:
    assert disagree("When does it open?", one, other) is expected
    assert disagree("When does it open?", other, one) is expected


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
