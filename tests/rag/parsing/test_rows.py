"""Rows of tables as lines: heads, captions, long cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.rows import column_letter, one_line, row_lines, write_table

CELLS = st.lists(
    st.tuples(st.text(max_size=60).map(one_line).filter(bool), st.text(max_size=900).map(one_line).filter(bool)),
    min_size=1, max_size=8,
)  # fmt: skip


def written(*rows: list[str], title: str = "") -> str:
    blocks = BlockText("table.csv")
    write_table(rows, blocks, title=title)
    return blocks.text()


def test_each_row_names_its_columns_and_leaves_empty_cells_out() -> None:
    assert written(["Name", "Year", "Note"], ["Ada Merrow", "1874", ""], ["", "1902", "late"]) == (
        "Name: Ada Merrow; Year: 1874\nYear: 1902; Note: late"
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Ada", "1874"], ["Ben", "1902"]], "A: Ada; B: 1874\nA: Ben; B: 1902"),
        ([["Ada", "engineer"], ["Ben", "engineer"]], "A: Ada; B: engineer\nA: Ben; B: engineer"),
        ([["Name", "2019", "2020", "2021"], ["Ada", "1", "2", "3"]], "Name: Ada; 2019: 1; 2020: 2; 2021: 3"),
        ([["Q1", "3rd class"], ["1", "2"]], "Q1: 1; 3rd class: 2"),
        ([["Name", "Name"], ["Ada", "Merrow"]], "Name (A): Ada; Name (B): Merrow"),
        ([["Name:", "", "Town"], ["Ada", "Merrow", "Vane", "x"]], "Name: Ada; B: Merrow; Town: Vane; D: x"),
        ([["Name", "Year"]], "A: Name; B: Year"),
        ([["Harbours", ""], ["of 1902"], ["Name", "Depth"], ["Vane", "12"]],
         "Harbours\n\nof 1902\n\nName: Vane; Depth: 12"),
        ([["A line of prose."], ["Another one."]], "A: A line of prose.\nA: Another one."),
        ([["Name"], ["Ada"], ["Ben"]], "Name: Ada\nName: Ben"),
        ([["", ""], []], ""),
    ],
)  # fmt: skip
def test_the_head_is_the_first_row_when_it_looks_like_one(rows: list[list[str]], expected: str) -> None:
    assert written(*rows) == expected


def test_a_title_is_a_heading_and_rows_are_a_stretch() -> None:
    blocks = BlockText("a")
    blocks.add("Before")
    write_table([["Name", "Year"], ["Ada", "1"], ["Ben", "2"]], blocks, title="People")
    write_table([["", ""]], blocks, title="Empty")
    blocks.add("After")
    text = blocks.text()
    assert text == "Before\n\nPeople\n\nName: Ada; Year: 1\nName: Ben; Year: 2\n\nAfter"
    assert [text[start:].split("\n")[0] for start in blocks.headings] == ["People"]
    assert [text[one.start : one.end] for one in blocks.stretches] == ["Name: Ada; Year: 1\nName: Ben; Year: 2"]


def test_a_long_row_goes_on_below_its_first_cell() -> None:
    cells = [("Port", "Vane"), *((f"Column {number}", "word " * 20 + "end") for number in range(12))]
    lines = [*row_lines(cells)]
    assert len(lines) > 1
    assert all(line.startswith("Port: Vane; Column ") and len(line) <= 600 for line in lines)


def test_a_long_cell_is_cut_where_a_sentence_ends() -> None:
    cell = " ".join(f"This is sentence number {number}." for number in range(60))
    lines = [*row_lines([("Port", "Vane"), ("Report", cell)])]
    assert all(line.startswith("Port: Vane; Report: This is") and line.endswith(".") for line in lines)
    assert " ".join(line.removeprefix("Port: Vane; Report: ") for line in lines) == cell


@given(CELLS, st.integers(150, 700))
def test_every_cell_comes_back_word_for_word(cells: list[tuple[str, str]], limit: int) -> None:
    lines = [*row_lines(cells, limit=limit)]
    assert all(0 < len(line) <= limit and len(line.splitlines()) == 1 for line in lines)
    whole = "; ".join(f"{name}: {cell}" for name, cell in cells)
    if len(whole) <= limit:
        assert lines == [whole]
    joined = "".join("".join(lines).split())
    for name, cell in cells:
        assert "".join(name.split()) in joined
        assert len(cell) > limit // 2 or "".join(cell.split()) in joined


@pytest.mark.parametrize(
    ("place", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_without_a_name_have_their_letter(place: int, letter: str) -> None:
    assert column_letter(place) == letter
