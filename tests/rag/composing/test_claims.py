"""Reading what a model wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.composing.claims import Claim, read_claims, read_order


@pytest.mark.parametrize(
    ("written", "claims"),
    [
        ("The tower is high. [1] It burns [2, 3].", [Claim("The tower is high.", (1,)), Claim("It burns.", (2, 3))]),
        ("- One thing. [1]\n- Another thing [2]", [Claim("One thing.", (1,)), Claim("Another thing", (2,))]),
        ("**Rye** bread[1].", [Claim("Rye bread.", (1,))]),
        ("It costs 3.50 [2][2].", [Claim("It costs 3.50.", (2,))]),
        ("No marks at all.", [Claim("No marks at all.", ())]),
        ("[1]", []),
        ("", []),
    ],
)
def test_sentences_are_read_with_their_marks(written: str, claims: list[Claim]) -> None:
    assert read_claims(written) == claims


def test_a_sentence_that_may_go_on_is_not_read_yet() -> None:
    assert read_claims("The tower is high.", is_whole=False) == []
    assert read_claims("The tower is high. [1", is_whole=False) == []
    assert read_claims("The tower is high. [1] It b", is_whole=False) == [Claim("The tower is high.", (1,))]


WRITTEN = "The tower is 41.5 metres high. [1] Dr. Solberg built it [2]. - It was lit by 1902! [1, 3] The end"


@given(st.integers(0, len(WRITTEN)))
def test_what_was_read_of_a_beginning_is_read_of_the_whole(length: int) -> None:
    early = read_claims(WRITTEN[:length], is_whole=False)
    assert early == read_claims(WRITTEN)[: len(early)]


def test_an_order_is_made_of_the_numbers_there_are() -> None:
    assert read_order("3, then [1] and 3; 9 and 0", 4) == [3, 1]
    assert read_order("none", 4) == []
