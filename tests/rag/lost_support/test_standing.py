"""Whether a cited text still stands in another version, and where."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rag.lexical import words
from rag.lost_support.standing import Cited, Found, SearchedText, look_for
from rag.sentences import Span

SENTENCE = "The lighthouse of Karsund was built in 1874."
WORD = st.text(alphabet="abcdefgéß日🚢", min_size=1, max_size=6)
PROSE = st.lists(WORD, min_size=1, max_size=12).map(" ".join)


def found(cited: str, text: str | None, start: int = 0) -> Found:
    (one,) = look_for([Cited(cited, start)], None if text is None else SearchedText(text))
    return one


@given(PROSE, PROSE, PROSE, st.integers(0, 500))
def test_what_stands_verbatim_is_found_where_it_stands(before: str, cited: str, after: str, start: int) -> None:
    text = f"{before}. {cited}. {after}"
    one = found(cited, text, start)
    assert one.standing == "verbatim"
    assert one.span is not None
    assert text[one.span.start : one.span.end] == cited


@given(PROSE, PROSE, PROSE)
def test_a_sentence_of_the_same_words_is_found_nearly(before: str, cited: str, after: str) -> None:
    assume(words(cited))
    moved = "  —  ".join(cited.split()).upper()
    text = f"{before}.\n\n{moved}!\n\n{after}."
    one = found(f"«{cited}»", text)
    assert one.standing == "nearly"
    assert one.span is not None
    assert words(text[one.span.start : one.span.end]) == words(cited)


@given(st.text(max_size=200), st.text(max_size=40), st.integers(0, 300))
def test_every_text_gets_an_answer_that_holds(text: str, cited: str, start: int) -> None:
    one = found(cited, text, start)
    if one.span is None:
        assert one.standing == "gone"
        return
    stands = text[one.span.start : one.span.end]
    assert stands == cited if one.standing == "verbatim" else words(stands) == words(cited) != []


def test_of_several_places_the_nearest_to_the_old_one_is_taken() -> None:
    text = f"{SENTENCE} And so on, for a long while. {SENTENCE}"
    last = text.rindex(SENTENCE)
    assert found(SENTENCE, text, 3).span == Span(0, len(SENTENCE))
    assert found(SENTENCE, text, last - 2).span == Span(last, len(text))
    assert found(SENTENCE, text, 10_000).span == Span(last, len(text))
    shouted = f"{SENTENCE.upper()} It is so. {SENTENCE.upper()}"
    assert found(SENTENCE, shouted, 10_000).span == Span(shouted.rindex("THE"), len(shouted))


@pytest.mark.parametrize(
    ("cited", "text", "standing"),
    [
        ("It is 41 m high", "It is 41 m higher than before.", "gone"),
        ("It is 41 m high", "It is 41 m high.", "verbatim"),
        ("He lit the lamp.", "he lit the lamp", "nearly"),
        (SENTENCE, SENTENCE.replace("1874", "1875"), "gone"),
        (SENTENCE, SENTENCE.replace(" was", "\nwas"), "nearly"),
        ("…", "Nothing of the kind.", "gone"),
        (SENTENCE, "", "gone"),
        (SENTENCE, None, "gone"),
    ],
)
def test_the_words_decide_and_not_their_dress(cited: str, text: str | None, standing: str) -> None:
    assert found(cited, text).standing == standing


def test_many_are_looked_for_at_once() -> None:
    cited = [Cited(SENTENCE, 0), Cited("It stands 41 metres high.", 50), Cited("Nobody wrote this.", 0)]
    text = f"{SENTENCE} IT STANDS 41 METRES HIGH!"
    assert [one.standing for one in look_for(cited, SearchedText(text))] == ["verbatim", "nearly", "gone"]
    assert look_for([], SearchedText(text)) == []
