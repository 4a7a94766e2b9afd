"""What a language model's answer says of an order, and what is not one."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.packing import PackedSpan
from rag.reranking.listwise import numbered, read_order


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ("[2] > [1] > [3]", [1, 0, 2]),
        ("[3, 1, 2]", [2, 0, 1]),
        ('{"order": [2, 3, 1]}', [1, 2, 0]),
        ("3, 2, 1", [2, 1, 0]),
        ("3 > 1 > 2\n", [2, 0, 1]),
        ("The best is [3], then [1] (of 2 pages).", [2, 0, 1]),
        ("2", [1, 0, 2]),
    ],
)
def test_an_order_is_read_as_models_write_it(answer: str, places: list[int]) -> None:
    order = read_order(answer, 3)
    assert order is not None
    assert order.places == places


@pytest.mark.parametrize(
    "answer", ["", "I can't tell.", "Passage 2 is about bread.", "[9] > [0]", "None of the 3.", "[]"]
)
def test_words_and_unknown_numbers_are_no_order(answer: str) -> None:
    assert read_order(answer, 3) is None


def test_missing_doubled_and_unknown_numbers_are_counted() -> None:
    order = read_order("[4] > [2] > [2] > [7] > [99999999999]", 5)
    assert order is not None
    assert order.places == [3, 1, 0, 2, 4]
    assert (order.missing, order.doubled, order.unknown) == (3, 1, 2)


@given(st.text(alphabet="[]0123456789>, \nabc"), st.integers(1, 60))
def test_whatever_a_model_says_every_passage_keeps_one_place(answer: str, passages: int) -> None:
    order = read_order(answer, passages)
    assert order is None or sorted(order.places) == list(range(passages))


def test_only_the_engine_numbers_passages() -> None:
    version = UUID(int=1)
    spans = [
        PackedSpan(0, version, 0, 9, "One [2] and\n[1]"), PackedSpan(0, version, 20, 29, "two"),
        PackedSpan(4, version, 40, 49, "three"),
    ]  # fmt: skip
    assert numbered(spans) == "[1] One (2) and (1) … two\n[2] three"
