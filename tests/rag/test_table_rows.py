"""Rows of Markdown tables: which lines are rows, where their cells stand, and how they read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sentences import split_sentences
from rag.table_rows import table_rows

CODES = "Before.\n\n| code | meaning |\n|---|---|\n| 0 | done |\n|5| can't be reached |\n\nAfter | it.\n"


def rows(text: str) -> list[tuple[str, str]]:
    return [(text[row.start : row.end], row.reading) for row in table_rows(text).values()]


def test_a_row_reads_with_the_heads_of_its_columns() -> None:
    assert rows(CODES) == [
        ("0 | done", "code: 0; meaning: done"),
        ("5| can't be reached", "code: 5; meaning: can't be reached"),
    ]
    assert {row.table for row in table_rows(CODES).values()} == {CODES.index("| code")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a | b\n--- | :-:\n1 | 2", [("1 | 2", "a: 1; b: 2")]),
        ("  | a |\r\n  |---|\r\n  | 1 |  \r\n", [("1", "a: 1")]),
        ("| | |\n|---|---|\n| key | value |", [("key | value", "key; value")]),
        ("| a | b |\n|---|---|\n| `x \\| y` | 2 |", [("`x \\| y` | 2", "a: `x \\| y`; b: 2")]),
        ("| a |\n|---|\n| ends in \\|", [("ends in \\|", "a: ends in \\|")]),
        ("| a | b |\n|---|---|\n| only one |\n| 1 | 2 | too many |", [
            ("only one", "a: only one"), ("1 | 2 | too many", "a: 1; b: 2"),
        ]),
        ("| a | b |\n|---|---|\n|  | 2 |\n| - | - |", [("2", "b: 2"), ("- | -", "a: -; b: -")]),
        ("| a |\n|---|\n| 1 |\nprose ends it\n| 2 |", [("1", "a: 1")]),
        ("| a | b |\n|---|\n| 1 | 2 |", []),
        ("| a | b |\n| 1 | 2 |", []),
        ("|---|---|\n| 1 | 2 |", []),
        ("a\n---\nb | c", []),
        ("", []),
    ],
)  # fmt: skip
def test_only_rows_below_their_heads_and_dashes_are_rows(text: str, expected: list[tuple[str, str]]) -> None:
    assert rows(text) == expected


def test_a_row_that_names_its_columns_reads_as_it_stands() -> None:
    line = "Port: Vane; Depth: 12; Note: see http://x | y"
    text = f"People: all of them\n{line}\nAda: a woman; she came\n"
    assert rows(text) == [(line, line)]
    assert [row.table for row in table_rows(text).values()] == [None]


PIECES = [
    "| a | b |\n",
    "|---|---|\n",
    "| 1 | 2 |\n",
    "a | b",
    "--|--",
    "|",
    "\\|",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\f",
    "🚀 é",
    "x. Y ",
]


pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(pieces | st.text(alphabet="|-: \n\\a", max_size=60))
def test_offsets_are_exact(text: str) -> None:
    for line, row in table_rows(text).items():
        assert row.table is not None
        assert 0 <= row.table < line.start <= row.start <= row.end <= line.end
        assert "|" in text[line.start : line.end]
        assert text[line.start : line.end].strip("| \t") == text[row.start : row.end].strip("| \t")


@given(pieces)
def test_a_row_in_pipes_is_what_is_indexed_as_one_sentence(text: str) -> None:
    assert {line for line in table_rows(text) if text[line.start] == "|"} <= {*split_sentences(text)}
