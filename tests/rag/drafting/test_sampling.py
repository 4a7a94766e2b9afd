"""Which sentences are drawn."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from rag.drafting.sampling import MAX_CHARACTERS, MIN_CHARACTERS, Stretch, drawn, is_fit
from rag.sentences import split_sentences
from tests.rag.corpus import BAKERY, LIGHTHOUSE

SPACE = UUID(int=7)


def stretch(text: str, start: int = 0, name: str = "one") -> Stretch:
    spans = [(start + one.start, start + one.end) for one in split_sentences(text)]
    return Stretch(uuid5(SPACE, name), start, text, spans)


def test_whole_sentences_of_some_length_that_do_not_point_back_are_fit() -> None:
    assert is_fit("The lighthouse of Karsund was built by the engineer Ingrid Solberg in 1871.")
    assert not is_fit("It was built by the engineer Ingrid Solberg of Karsund in the year 1871.")
    assert not is_fit("Who built the lighthouse of Karsund, and in which year was it built then?")
    assert not is_fit("- a line of a list about the lighthouse of Karsund and its engineer.")
    assert not is_fit("The lighthouse of Karsund, the engineer, the year of its building")
    assert not is_fit("description: Answers a question from the numbered sentences.")
    assert not is_fit("Karsund has one.")
    assert not is_fit("The keeper of Karsund " * 40 + "slept.")


def test_a_draw_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    stretches = [stretch(LIGHTHOUSE, name="lighthouse"), stretch(BAKERY, name="bakery")]
    draws = {seed: drawn(stretches, 2, seed) for seed in range(20)}
    assert all(drawn(stretches, 2, seed) == found for seed, found in draws.items())
    assert len({tuple(found) for found in draws.values()}) > 1


def test_a_sentence_that_stands_in_two_documents_is_drawn_once() -> None:
    text = "The lighthouse of Karsund was built by the engineer Ingrid Solberg."
    assert len(drawn([stretch(text, name="one"), stretch(text, name="copy")], 5, 0)) == 1


def test_every_document_is_asked_about_before_one_is_asked_about_again() -> None:
    stretches = [stretch(LIGHTHOUSE, name="lighthouse"), stretch(BAKERY, name="bakery")]
    found = [place.version_id for place in drawn(stretches, 10, 1)]
    assert len(found) > 4
    assert {*found[:2]} == {*found[2:4]} == {one.version_id for one in stretches}


@given(texts=st.lists(st.text(max_size=600), max_size=6), begin=st.integers(0, 500), count=st.integers(1, 5))
def test_what_is_drawn_is_a_fit_sentence_of_its_stretch(texts: list[str], begin: int, count: int) -> None:
    stretches = [stretch(text, begin, str(place)) for place, text in enumerate([*texts, LIGHTHOUSE])]
    by_version = {one.version_id: one for one in stretches}
    found = drawn(stretches, count, 3)
    assert 1 <= len(found) <= count
    for place in found:
        one = by_version[place.version_id]
        assert (place.start, place.end) in one.sentences
        text = one.text[place.start - begin : place.end - begin]
        assert is_fit(text)
        assert MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS
