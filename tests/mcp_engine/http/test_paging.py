"""Cursors are opaque, read back exactly, and are worth nothing when made up."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from mcp_engine.http.paging import decode_cursor, decode_id_cursor, encode_cursor, page_of

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
sort_keys = storable | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans()


@given(st.lists(sort_keys, min_size=1, max_size=4))
def test_a_position_reads_back(position: list[Any]) -> None:
    assert decode_cursor(encode_cursor(*position), parts=len(position)) == tuple(position)


@given(st.text(max_size=200))
def test_garbage_raises_nothing_but_invalid_input(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="begin without one"):
        decode_cursor(cursor, parts=7)


def raw(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "value",
    ["[]", "[1,2]", '{"a":1}', "5", "null", '["\\u0000"]', '["\\ud800"]', "[NaN]", "[1e999]", "[[1]]", '[{"a":1}]'],
)
def test_what_no_list_can_have_written_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(raw(value), parts=1)


def test_a_deeply_nested_cursor_is_no_fault_of_the_engine() -> None:
    depth = sys.getrecursionlimit()

    def decode_below(frames: int) -> None:
        if frames:
            decode_below(frames - 1)
        else:
            decode_cursor(raw("[" * 768), parts=1)

    with pytest.raises(InvalidInput):
        decode_below(depth // 2)


@given(st.uuids())
def test_id_cursors(identifier: UUID) -> None:
    assert decode_id_cursor(encode_cursor(str(identifier))) == identifier
    assert decode_id_cursor(None) is None
    with pytest.raises(InvalidInput):
        decode_id_cursor(encode_cursor(json.dumps(str(identifier))))


@given(st.lists(st.integers(), unique=True, max_size=30), st.integers(min_value=1, max_value=7))
def test_pages_hold_every_row_once_in_order(numbers: list[int], limit: int) -> None:
    rows = sorted(numbers)
    seen: list[int] = []
    cursor = None
    while True:
        position = decode_cursor(cursor, parts=1)
        rest = rows if position is None else [row for row in rows if row > position[0]]
        page = page_of(rest[: limit + 1], limit, lambda row: (row,))
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == rows
