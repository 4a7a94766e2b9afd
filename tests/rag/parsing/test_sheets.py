from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from mcp_engine.errors import EngineError, InvalidInput, TooLarge
from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool


def saved(book: Any) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def workbook(**sheets: list[list[Any]]) -> Any:
    book: Any = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


def read(book: Any) -> ParsedDocument:
    return parse(saved(book), filename="a.xlsx")


def rewritten(content: bytes, part: str, change: Any) -> bytes:
    """Return an archive with one part changed by `change`, from text to text."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data.decode()).encode() if name == part else data)
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


async def test_sheets_are_headings_and_rows_name_their_columns(pool: ParserPool) -> None:
    book = workbook(
        People=[["Name", "Year"], ["Ada Merrow", 1874], ["Ben", None]],
        Empty=[],
        Ports=[["Port", "Depth"], ["Vane", 12.5]],
    )
    book.properties.title = "The coast"
    document = await pool.parse(saved(book), filename="coast.xlsx")
    assert document.text == "People\n\nName: Ada Merrow; Year: 1874\nName: Ben\n\nPorts\n\nPort: Vane; Depth: 12.5"
    assert [document.text[start:].split("\n")[0] for start in document.headings] == ["People", "Ports"]
    assert [document.text[one.start : one.end] for one in document.stretches] == [
        "Name: Ada Merrow; Year: 1874\nName: Ben",
        "Port: Vane; Depth: 12.5",
    ]
    assert (document.title, document.pages) == ("The coast", ())
    assert document.media_type.endswith("spreadsheetml.sheet")


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (1874, "General", "1874"),
        (12.0, "General", "12"),
        (0.1 + 0.2, "General", "0.3"),
        (0.07, "0%", "7%"),
        (7, '0"%"', "7"),
        (dt.time(7, 30, 5), "hh:mm:ss", "07:30:05"),
        (True, "General", "true"),
        (dt.date(1974, 5, 1), "yyyy-mm-dd", "1974-05-01"),
        (dt.datetime.fromisoformat("2024-05-01T13:45"), "yyyy-mm-dd hh:mm", "2024-05-01 13:45"),
        (dt.time(7, 30), "hh:mm", "07:30"),
        ("two\nlines", "General", "two lines"),
        ("=cmd|' /C calc'!A0", "General", "=cmd|' /C calc'!A0"),
    ],
)
def test_values_are_written_plainly(value: Any, number_format: str, shown: str) -> None:
    book = workbook(S=[["Key", "Value"], ["k", None]])
    cell = book["S"]["B2"]
    cell.value, cell.number_format = value, number_format
    if isinstance(value, str) and value.startswith("="):
        cell.data_type = "s"
    assert read(book).text == f"S\n\nKey: k; Value: {shown}"


def test_formulas_without_a_stored_value_and_errors_are_left_out() -> None:
    book = workbook(S=[["Key", "Sum", "Bad"], ["k", "=1+1", None]])
    book["S"]["C2"].value = "#N/A"
    assert read(book).text == "S\n\nKey: k"
    stored = rewritten(saved(book), SHEET, lambda xml: xml.replace("<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>")
                       .replace("<f>1+1</f><v />", "<f>1+1</f><v>2</v>"))  # fmt: skip
    assert parse(stored, filename="a.xlsx").text == "S\n\nKey: k; Sum: 2"


def test_hidden_sheets_are_not_read() -> None:
    book = workbook(Shown=[["Name", "Year"], ["Ada", 1]], Hidden=[["Secret", "x"], ["plan", 2]])
    book["Hidden"].sheet_state = "hidden"
    assert read(book).text == "Shown\n\nName: Ada; Year: 1"
    book["Shown"].delete_rows(1, 5)
    with pytest.raises(InvalidInput, match="no sheet that is shown") as caught:
        read(book)
    assert caught.value.code == "document.no_text"


async def test_a_claimed_size_costs_nothing(pool: ParserPool) -> None:
    content = saved(workbook(S=[["Name", "Year"], ["Ada", 1874]]))
    claimed = rewritten(
        content, SHEET, lambda xml: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', xml)
    )
    document = await pool.parse(claimed, filename="a.xlsx")
    assert document.text == "S\n\nName: Ada; Year: 1874"


async def test_rows_and_cells_without_end_are_refused(pool: ParserPool) -> None:
    content = saved(workbook(S=[["Name", "Year"], ["Ada", 1874]]))
    far = rewritten(content, SHEET, lambda xml: xml.replace('<row r="2"', '<row r="2000000000"'))
    wide = rewritten(
        content, SHEET,
        lambda xml: xml.replace("</sheetData>", "".join(
            f'<row r="{row}"><c r="XFD{row}" t="b"><v>1</v></c></row>' for row in range(3, 4000)) + "</sheetData>"),
    )  # fmt: skip
    for hostile in (far, wide):
        with pytest.raises(TooLarge) as caught:
            await pool.parse(hostile, filename="a.xlsx")
        assert caught.value.code == "document.too_much_text"


def test_a_workbook_of_another_program() -> None:
    target = io.BytesIO()
    book: Any = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet("Überblick")
    sheet.write_row(0, 0, ["Item", "Share", "When", "Twice", "Sold", "Link"])
    sheet.write(1, 0, "Lamp")
    sheet.write(1, 1, 0.125, book.add_format({"num_format": "0.0%"}))
    sheet.write_datetime(1, 2, dt.datetime.fromisoformat("2024-03-01"), book.add_format({"num_format": "dd.mm.yyyy"}))
    sheet.write_formula(1, 3, "=B2*2", None, 0.25)
    sheet.write_boolean(1, 4, True)
    sheet.write_url(1, 5, "https://example.org", string="site")
    sheet.write_comment(1, 0, "not read")
    sheet.merge_range(3, 0, 3, 3, "Merged. With a stop")
    sheet.write_rich_string(4, 0, "in ", book.add_format({"bold": 1}), "two parts")
    book.add_chartsheet("Chart")
    book.close()
    assert parse(target.getvalue(), filename="a.xlsx").text == (
        "Überblick\n\nItem: Lamp; Share: 12.5%; When: 2024-03-01; Twice: 0.25; Sold: true; Link: site\n"
        "Item: Merged. With a stop\nItem: in two parts"
    )


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE])
def test_entities_are_refused(part: str, declaration: str) -> None:
    content = saved(workbook(S=[["Name"], ["Ada"]]))
    hostile = rewritten(content, part, lambda xml: declaration + re.sub(r"<\?xml[^>]*>", "", xml))
    with pytest.raises(InvalidInput, match="document type") as caught:
        parse(hostile, filename="a.xlsx")
    assert caught.value.code == "document.corrupt"


async def test_a_damaged_workbook_is_corrupt(pool: ParserPool) -> None:
    content = saved(workbook(S=[["Name"], ["Ada"]]))
    for hostile in (
        rewritten(content, SHEET, lambda xml: xml[: len(xml) // 2]),
        rewritten(content, "xl/workbook.xml", lambda xml: "<no"),
        rewritten(content, "xl/_rels/workbook.xml.rels", lambda xml: "<Relationships/>"),
        rewritten(content, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("sheet1.xml", "sheet9.xml")),
        rewritten(content, "[Content_Types].xml", lambda xml: xml.replace("sheet.main", "sheet.other")),
    ):
        with pytest.raises(EngineError) as caught:
            await pool.parse(hostile, filename="a.xlsx")
        assert caught.value.code == "document.corrupt"
