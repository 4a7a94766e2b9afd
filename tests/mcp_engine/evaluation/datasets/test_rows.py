"""Rows, their digests and their splits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import EngineError
from mcp_engine.evaluation.datasets.rows import (
    MAX_ROW_BYTES,
    Row,
    Splits,
    checked_shares,
    columns_of,
    drawn_split,
    split_digest,
    stored,
)

TEXTS = st.text(max_size=30)
ROWS = st.builds(
    Row,
    st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3),
    TEXTS | st.none(),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(ROWS, ROWS)
def test_a_row_is_known_by_its_content_and_by_its_inputs(one: Row, other: Row) -> None:
    first, second = stored(one, "row 1"), stored(other, "row 2")
    assert (first.digest == second.digest) == (one == other)
    assert (first.inputs_digest == second.inputs_digest) == (one.inputs == other.inputs)


@given(ROWS, TEXTS)
def test_what_a_row_expects_does_not_make_it_another_question(row: Row, expected: str) -> None:
    changed = stored(Row(row.inputs, expected, {"note": "new"}), "row 1")
    assert changed.inputs_digest == stored(row, "row 1").inputs_digest


@given(st.lists(DIGESTS, unique=True), st.randoms(use_true_random=False))
def test_a_split_is_the_same_whatever_the_order_of_its_rows(digests: list[str], random: Any) -> None:
    shuffled = [*digests]
    random.shuffle(shuffled)
    assert split_digest(shuffled) == split_digest(digests)


@given(DIGESTS, st.integers(0, 2**53 - 1))
def test_a_row_stays_in_its_split_when_a_share_grows_towards_it(digest: str, seed: int) -> None:
    if drawn_split(digest, {"open": 0.5, "sealed": 0.5}, seed) == "open":
        assert drawn_split(digest, {"open": 0.7, "sealed": 0.3}, seed) == "open"


def test_shares_are_met() -> None:
    drawn = [drawn_split(f"{number:064x}", {"open": 0.6, "dev": 0.1, "sealed": 0.3}, 7) for number in range(4000)]
    for split, share in {"open": 0.6, "dev": 0.1, "sealed": 0.3}.items():
        assert abs(drawn.count(split) / 4000 - share) < 4 * math.sqrt(share * (1 - share) / 4000)


@pytest.mark.parametrize(
    "shares", [{"open": 0.6}, {"open": 1.0, "sealed": 0.0}, {"open": 1.5, "sealed": -0.5}, {"open": math.nan}]
)
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(EngineError) as refused:
        checked_shares(shares)
    assert refused.value.code == "dataset.shares_invalid"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Row({}), "dataset.no_inputs"),
        (Row({"n": math.nan}), "dataset.value_invalid"),
        (Row({"n": math.inf}), "dataset.value_invalid"),
        (Row({"n": 2**60}), "dataset.value_invalid"),
        (Row({"n": "\ud800"}), "dataset.value_invalid"),
        (Row({"n": "x" * MAX_ROW_BYTES}), "dataset.row_too_large"),
        (Row({str(n): n for n in range(65)}), "dataset.too_many_columns"),
    ],
)
def test_a_row_that_cannot_be_kept_is_named(row: Row, code: str) -> None:
    with pytest.raises(EngineError, match="line 3") as refused:
        stored(row, "line 3")
    assert refused.value.code == code


def test_repeated_rows_are_kept_once_and_counted() -> None:
    splits = Splits()
    for _ in range(3):
        splits.add("open", stored(Row({"q": "1"}), "row 1"), "row 1")
    assert (splits.count(), splits.repeated) == (1, 2)


@pytest.mark.parametrize(("first", "second"), [("open", "sealed"), ("sealed", "open")])
def test_a_sealed_row_stands_nowhere_else(first: str, second: str) -> None:
    splits = Splits()
    splits.add(first, stored(Row({"q": "1"}, "a"), "row 1"), "row 1")
    with pytest.raises(EngineError, match=r"row 2.*stand nowhere else") as refused:
        splits.add(second, stored(Row({"q": "1"}, "b"), "row 2"), "row 2")
    assert refused.value.code == "dataset.in_two_splits"


def test_rows_lack_no_column_that_others_have() -> None:
    rows = [Row({"q": "1", "context": "a"}), Row({"q": "2"})]
    with pytest.raises(EngineError, match=r"Row 2 lacks the input 'context'") as refused:
        columns_of(rows)
    assert refused.value.code == "dataset.missing_column"
