"""Text from token bytes: whole characters, and never a part of a stop sequence."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.models.stopping import StoppingText

few = st.text(alphabet="abé🎈", max_size=30)
stops = st.lists(st.text(alphabet="abé", min_size=1, max_size=4), max_size=3)


def streamed(data: bytes, cuts: list[int], stops: list[str]) -> tuple[str, bool]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    text = StoppingText(stops)
    pieces = [text.push(data[start:end]) for start, end in pairwise(edges)]
    return "".join([*pieces, text.finish()]), text.stopped


@settings(max_examples=200)
@given(text=few, stops=stops, cuts=st.lists(st.integers(0, 200), max_size=20))
def test_any_split_into_tokens_gives_the_text_before_the_first_stop(
    text: str, stops: list[str], cuts: list[int]
) -> None:
    sent, stopped = streamed(text.encode(), cuts, stops)
    found = [text.index(stop) for stop in stops if stop in text]
    assert stopped == bool(found)
    if not found:
        assert sent == text
    else:
        # The stop that ends first is the one a stream meets; text before it holds no stop at all.
        assert text.startswith(sent)
        assert not any(stop in sent for stop in stops)
        assert any(text[len(sent) :].startswith(stop) for stop in stops)


@given(data=st.binary(max_size=40), cuts=st.lists(st.integers(0, 200), max_size=10))
def test_bytes_that_are_no_text_become_replacement_characters(data: bytes, cuts: list[int]) -> None:
    assert streamed(data, cuts, [])[0] == data.decode("utf-8", errors="replace")


def test_a_possible_stop_is_held_back_and_released_when_it_was_none() -> None:
    text = StoppingText(["END."])
    assert text.push(b"the EN") == "the "
    assert text.push(b"ERGY") == "ENERGY"
    assert text.finish() == ""
