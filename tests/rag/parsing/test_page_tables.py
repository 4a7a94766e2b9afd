"""Tables of pages: rows that name their columns, and tables that have no names to give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import ParsedDocument
from rag.table_rows import table_rows

ROWS = "<tr><td>Vane</td><td>12</td></tr><tr><td>Merrow</td><td><b>9</b></td></tr>"
NAMED = "Harbour: Vane; Depth: 12\nHarbour: Merrow; Depth: 9"


def page(source: str) -> ParsedDocument:
    return parse(f"<html><body>{source}</body></html>".encode(), filename="page.html")


@pytest.mark.parametrize(
    "head",
    [
        "<thead><tr><th>Harbour</th><th>Depth</th></tr></thead>",
        "<thead><tr><td>Harbour</td><td>Depth</td></tr></thead>",
        "<tr><th>Harbour</th><th>Depth:</th></tr>",
    ],
)
def test_each_row_names_its_columns_and_is_a_row_for_search(head: str) -> None:
    document = page(f"<p>Before.</p><table>{head}<tbody>{ROWS}</tbody></table><p>After.</p>")
    assert document.text == f"Before.\n\n{NAMED}\n\nAfter."
    assert [document.text[one.start : one.end] for one in document.stretches] == [NAMED]
    assert len(table_rows(document.text)) == 2


def test_caption_and_rows_over_all_columns_stand_by_themselves() -> None:
    source = (
        "<table><caption>Harbours</caption><tr><th>Harbour<th>Depth</tr>"
        "<tr><th colspan=2>North</tr><tr><td>Vane<td>12</tr><tr><td colspan=9>South</tr><tr><td>Merrow<td>9</tr>"
        "</table>"
    )
    assert page(source).text == ("Harbours\n\nNorth\n\nHarbour: Vane; Depth: 12\n\nSouth\n\nHarbour: Merrow; Depth: 9")


def test_heads_over_several_columns_and_cells_over_several_rows() -> None:
    source = (
        "<table><thead><tr><th rowspan=2>Coast<th colspan=2>Lights<th rowspan=2>Depth</tr>"
        "<tr><th>old<th>new</tr></thead><tbody>"
        "<tr><td rowspan=2>North<td>2<td>3<td>9 m</tr><tr><td>4<td>5<td>7 m</tr>"
        "<tr><td>South<td colspan=2>none<td>8 m</tr></table>"
    )
    assert page(source).text == (
        "Coast: North; Lights old: 2; Lights new: 3; Depth: 9 m\n"
        "Coast: North; Lights old: 4; Lights new: 5; Depth: 7 m\n"
        "Coast: South; Lights old: none; Depth: 8 m"
    )


def test_a_cell_over_all_columns_above_the_heads_is_a_caption_too() -> None:
    source = f"<table><tr><th colspan=2>Harbours</tr><tr><th>Harbour<th>Depth</tr>{ROWS}</table>"
    assert page(source).text == f"Harbours\n\n{NAMED}"


def test_a_long_cell_over_several_rows_is_said_once() -> None:
    long = "It is long. " * 20
    source = f"<table><tr><th>A<th>B</tr><tr><td rowspan=2>{long}<td>1</tr><tr><td>2</tr></table>"
    assert page(source).text == f"A: {long.strip()}; B: 1\nB: 2"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<table><tr><td>Vane<td>12</tr><tr><td>Merrow<td>9</tr></table>", "Vane | 12\nMerrow | 9"),
        ("<table><tr><th>Built<td>1874</tr><tr><th>Height<td>31 m</tr></table>", "Built | 1874\nHeight | 31 m"),
        ("<table><tr><th>Only<th>heads</tr></table>", "Only | heads"),
        ("<table><tr><th>A<th>B</tr><tr><td colspan=2>None yet</tr></table>", "A | B\nNone yet"),
        ("<table><tr><th>One column</tr><tr><td>Vane</tr></table>", "One column\nVane"),
        (f"<table role=presentation><tr><th>Harbour<th>Depth</tr>{ROWS}</table>",
         "Harbour | Depth\nVane | 12\nMerrow | 9"),
        ("<table><tr><th>A<th>B</tr><tr><td>1<td><ul><li>x<li>y</ul></tr></table>", "A | B\n1\n\n- x\n- y"),
    ],
)  # fmt: skip
def test_tables_without_names_are_written_as_before(source: str, expected: str) -> None:
    assert page(source).text == expected


def test_nothing_hidden_is_in_a_row() -> None:
    source = (
        "<table><tr><th>Harbour<th>Depth<button>sort</button></tr><tr hidden><td>x<td>y</tr>"
        "<tr><td>Vane<script>no()</script><td>12 <span hidden>no</span><p>m</p></tr></table>"
    )
    assert page(source).text == "Harbour: Vane; Depth: 12 m"


SPANS = st.sampled_from(("", " colspan=2", " rowspan=2", " rowspan=3 colspan=3", " colspan=0", " rowspan=x"))


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A table of any spans, and what its cells hold that are no heads, each different."""
    cells: list[str] = []
    lines: list[str] = []
    for number in range(draw(st.integers(1, 5))):
        line = ""
        for place in range(draw(st.integers(0 if number else 2, 4))):
            tag = "th" if number == 0 else draw(st.sampled_from(("td", "td", "th")))
            word = f"{tag}{number}{place}"
            cells += [word] if tag == "td" else []
            line += f"<{tag}{draw(SPANS)}>{word}</{tag}>"
        lines.append(f"<tr>{line}</tr>")
    return f"<table>{''.join(lines)}</table>", cells


@settings(max_examples=200, deadline=None)
@given(tables())
def test_no_cell_below_the_heads_is_ever_lost(made: tuple[str, list[str]]) -> None:
    source, cells = made
    document = page(source)
    assert [cell for cell in cells if cell not in document.text] == []
    for stretch in document.stretches:
        assert not document.text[stretch.start].isspace()
        assert stretch.end == len(document.text) or document.text[stretch.end] == "\n"
