"""Characters that two sets of spans have in common, against sets of places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.span_overlap import length, shared

spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair) + 1)), max_size=6
)


@given(spans, spans)
def test_shared_characters_are_counted_once(ours: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> None:
    def characters(given: list[tuple[int, int]]) -> set[int]:
        return {place for start, end in given for place in range(start, end)}

    assert length(ours) == len(characters(ours))
    assert shared(ours, theirs) == len(characters(ours) & characters(theirs))
