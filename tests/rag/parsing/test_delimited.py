from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput, TooLarge
from rag.parsing.formats.dispatch import parse
from rag.parsing.formats.rows import one_line
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool


def table(content: str | bytes, name: str = "a.csv") -> ParsedDocument:
    return parse(content.encode() if isinstance(content, str) else content, filename=name)


async def test_every_row_is_a_line_that_names_its_columns(pool: ParserPool) -> None:
    document = await pool.parse(b'Name,Year,Note\r\nAda Merrow,1874,"She came. She\r\nleft."\r\n', filename="a.csv")
    assert document.text == "Name: Ada Merrow; Year: 1874; Note: She came. She left."
    assert (document.media_type, document.title, document.headings) == ("text/csv", None, ())
    assert [(one.start, one.end, one.kind) for one in document.stretches] == [(0, len(document.text), "rows")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Name;Größe\nAda;1,5\nBen;2,5\n", "Name: Ada; Größe: 1,5\nName: Ben; Größe: 2,5"),
        ("Name\tNote\nAda\ta, b, c\nBen\td, e, f\n", "Name: Ada; Note: a, b, c\nName: Ben; Note: d, e, f"),
        ("Name|Year\nAda|1\n", "Name: Ada; Year: 1"),
        ("sep=;\nName;Year\nAda;1\n", "Name: Ada; Year: 1"),
        ("Name, Year\nAda, \"1, or 2\"\n", "Name: Ada; Year: 1, or 2"),
        ("Name\rAda\rBen", "Name: Ada\nName: Ben"),
        ('Name,Note\nAda,"say ""hi"""\n', 'Name: Ada; Note: say "hi"'),
        ("Name,Size\nAda,5\" wide\n", 'Name: Ada; Size: 5" wide'),
        ("Cell,Text\nA1,=cmd|' /C calc'!A0\n", "Cell: A1; Text: =cmd|' /C calc'!A0"),
    ],
)  # fmt: skip
def test_the_delimiter_is_found(content: str, expected: str) -> None:
    assert table(content).text == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_those_of_plain_text(encoding: str) -> None:
    assert table("Name;Wert\nGröße;5 €\n".encode(encoding)).text == "Name: Größe; Wert: 5 €"


def test_tabs_divide_a_tsv() -> None:
    document = table("Name\tYear\nAda\t1\n", "a.tsv")
    assert (document.text, document.media_type) == ("Name: Ada; Year: 1", "text/tab-separated-values")


def test_a_quotation_mark_that_never_closes_swallows_nothing() -> None:
    rows = "".join(f"port {number},{number}\n" for number in range(400))
    lines = table(f'Name,Depth\n"open,1\n{rows}').text.split("\n")
    assert lines[0] == 'Name: "open; Depth: 1'
    assert lines[-1] == "Name: port 399; Depth: 399"


def test_an_empty_table_has_no_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        table(",,\n,,\n")
    assert caught.value.code == "document.no_text"


async def test_a_line_of_50_mb_is_read_or_refused(pool: ParserPool) -> None:
    with pytest.raises(TooLarge) as caught:
        await pool.parse(b"a," * 25_000_000, filename="wide.csv")
    assert caught.value.code == "document.too_much_text"
    document = await pool.parse(b"Text\n" + b"lorem ipsum " * 200_000, filename="long.csv")
    lines = document.text.split("\n")
    assert all(line.startswith(("Text: lorem", "Text: ipsum")) for line in lines)
    assert max(map(len, lines)) <= 600


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    with pytest.raises(TooLarge):
        table("a," * 20_000)


@given(
    st.lists(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=20), min_size=2, max_size=5),
             min_size=1, max_size=8)
)  # fmt: skip
def test_what_is_written_in_cells_below_the_head_is_in_the_text(rows: list[list[str]]) -> None:
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL).writerows([["Port", "Depth", "Opened", "Master", "Note"], *rows])
    cells = [one_line(cell) for row in rows for cell in row]
    document = table(b"sep=,\r\n" + target.getvalue().encode(errors="replace"))
    assert all(cell.encode(errors="replace").decode() in document.text for cell in cells)
    assert len(document.text.splitlines()) == document.text.count("\n") + 1
    for stretch in document.stretches:
        assert 0 <= stretch.start < stretch.end <= len(document.text)
