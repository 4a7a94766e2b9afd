"""Orders of words that keep what a sentence says, and orders that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.composing.arrangement import is_rearranged
from rag.lexical import terms

TOWER = "The lighthouse of Karsund was built by the engineer Ingrid Solberg in 1874, and its lamp is lit at dusk."
CHASE = "The grey cat chased the dog through the yard."


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The lighthouse was built in 1874.", TOWER),
        ("Ingrid Solberg built the lighthouse of Karsund in 1874.", TOWER),
        ("The lamp of the lighthouse at dusk", "At dusk the lamp of the lighthouse is lit."),
        ("The dog was chased by the grey cat.", CHASE),
        ("The grey cat chased the dog.", CHASE),
        ("In May Norway invited Sweden.", "Norway invited Sweden in May."),
        ("Sweden was invited by Norway in May.", "Norway invited Sweden in May."),
        ("Additionally, its lamp is lit at dusk.", TOWER),
    ],
)
def test_an_order_that_keeps_who_does_what(claim: str, source: str) -> None:
    assert not is_rearranged(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The dog chased the grey cat.", CHASE),
        ("The grey cat was chased by the dog.", CHASE),
        ("The label moves by the Labels page.", "Moving a label opens the Labels page."),
        ("The lamp built the lighthouse.", TOWER),
        ("Ingrid Solberg lit the lamp.", TOWER),
        ("Karsund built Ingrid Solberg in 1874.", TOWER),
        ("The label moves to the Labels page.", "The message after a move and the Labels page offer it."),
        ("Oltre beat Karsund.", "Karsund beat Oltre, and Oltre beat Tamsin."),
        ("Norway was invited by Sweden in May.", "Norway invited Sweden in May."),
    ],
)
def test_an_order_that_says_something_else(claim: str, source: str) -> None:
    assert is_rearranged(claim, source)


@given(st.lists(st.booleans(), min_size=18, max_size=18))
def test_words_may_always_be_left_out(kept: list[bool]) -> None:
    source = "Red oak lamps light nine old stone towers while grey ferries cross cold water near quiet northern islands"
    claim = " ".join(word for word, keep in zip(source.split(), kept, strict=False) if keep)
    assert not terms(claim) or not is_rearranged(claim, source)
