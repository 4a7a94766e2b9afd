from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml

from mcp_engine.errors import InvalidInput, TooLarge
from rag.parsing.formats.dispatch import parse
from rag.parsing.pool import ParserPool

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document: Any) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def sample() -> Any:
    document = docx.Document()
    document.add_heading("Annual report", 0)
    document.add_paragraph("The year was good.")
    document.add_paragraph("Apples", style="List Bullet")
    document.add_paragraph("Pears", style="List Number")
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "Fruit"
    table.cell(0, 1).text = "Sold\nthis year"
    table.cell(1, 0).merge(table.cell(1, 1)).text = "None"
    document.add_heading("Outlook", 1)
    document.add_paragraph("The next one will be better.")
    return document


async def test_paragraphs_lists_and_tables_in_document_order(pool: ParserPool) -> None:
    document = await pool.parse(saved(sample()), filename="report.docx")
    assert document.text == (
        "Annual report\n\nThe year was good.\n\n- Apples\n- Pears\n\nFruit | Sold this year\nNone\n\n"
        "Outlook\n\nThe next one will be better."
    )
    assert [document.text[start:].split("\n")[0] for start in document.headings] == ["Annual report", "Outlook"]
    assert document.title == "Annual report"
    assert document.pages == ()


def test_insertions_and_content_controls_are_read_and_deletions_are_not() -> None:
    document = docx.Document()
    body = document.element.body
    body.insert(
        0,
        parse_xml(
            f"<w:p {W}><w:r><w:t>kept </w:t></w:r><w:ins w:id='1' w:author='a'><w:r><w:t>inserted</w:t></w:r></w:ins>"
            "<w:del w:id='2' w:author='a'><w:r><w:delText>deleted</w:delText></w:r></w:del></w:p>"
        ),
    )
    body.insert(
        1, parse_xml(f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    )
    assert parse(saved(document), filename="a.docx").text == "kept inserted\n\ncontrolled"


def test_the_documents_own_title_wins() -> None:
    document = sample()
    document.core_properties.title = "Properties say this"
    assert parse(saved(document), filename="a.docx").title == "Properties say this"


def test_an_empty_document_has_no_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(saved(docx.Document()), filename="a.docx")
    assert caught.value.code == "document.no_text"


def test_an_archive_that_unpacks_beyond_reason_is_refused() -> None:
    target = io.BytesIO(saved(sample()))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/bomb.bin", bytes(64 * 1024 * 1024))
    with pytest.raises(TooLarge) as caught:
        parse(target.getvalue(), filename="bomb.docx")
    assert caught.value.code == "document.unpacks_too_large"


def test_a_damaged_archive_is_corrupt() -> None:
    raw = bytearray(saved(sample()))
    position = raw.index(b"word/document.xml") + 60
    raw[position : position + 200] = bytes(200)
    with pytest.raises(InvalidInput) as caught:
        parse(bytes(raw), filename="a.docx")
    assert caught.value.code == "document.corrupt"


def test_an_archive_with_a_word_part_that_is_no_document_is_corrupt() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<no")
    with pytest.raises(InvalidInput) as caught:
        parse(target.getvalue(), filename="a.docx")
    assert caught.value.code == "document.corrupt"


def table(rows: list[list[str]], **more: Any) -> tuple[Any, Any]:
    document = docx.Document()
    made = document.add_table(len(rows), len(rows[0]), **more)
    for row, texts in zip(made.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    return document, made


LIGHTS = [["Light", "Built"], ["Vane", "1874"], ["Merrow", "1902"]]
NAMED = "Light: Vane; Built: 1874\nLight: Merrow; Built: 1902"


def text_of(document: Any) -> str:
    return parse(saved(document), filename="a.docx").text


def test_a_row_that_repeats_on_each_page_names_the_columns() -> None:
    document, made = table(LIGHTS)
    made.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {W}/>"))
    document.add_paragraph("After.")
    parsed = parse(saved(document), filename="a.docx")
    assert parsed.text == f"{NAMED}\n\nAfter."
    assert [parsed.text[one.start : one.end] for one in parsed.stretches] == [NAMED]


def test_a_row_in_bold_names_the_columns() -> None:
    document, made = table(LIGHTS)
    for cell in made.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    assert text_of(document) == NAMED


def test_the_style_of_a_table_says_that_its_first_row_names_the_columns() -> None:
    document, made = table(LIGHTS, style="Light List Accent 1")
    assert text_of(document) == NAMED
    look = made._tbl.tblPr.find(f"{{{made._tbl.nsmap['w']}}}tblLook")
    look.set(f"{{{made._tbl.nsmap['w']}}}firstRow", "0")
    assert text_of(document) == "Light | Built\nVane | 1874\nMerrow | 1902"


def test_three_columns_are_a_table_and_two_may_be_a_form() -> None:
    form = [["Name", "Ada Merrow"], ["Born in", "Vane"], ["Trade", "engineer"]]
    assert text_of(table(form)[0]) == "Name | Ada Merrow\nBorn in | Vane\nTrade | engineer"
    wide = [["Light", "Built", "Height"], ["Vane", "1874", "31 m"]]
    assert text_of(table(wide)[0]) == "Light: Vane; Built: 1874; Height: 31 m"
    assert text_of(table(wide[1:] * 2)[0]) == "Vane | 1874 | 31 m\nVane | 1874 | 31 m"


def test_merged_cells_keep_their_columns() -> None:
    rows = [["Coast", "Lights", "", "Depth"], ["", "old", "new", ""], ["North", "2", "3", "9 m"], ["", "4", "5", "7 m"],
            ["In all", "", "", ""], ["South", "6", "7", "8 m"]]  # fmt: skip
    document, made = table(rows)
    for row in made.rows[:2]:
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {W}/>"))
    made.cell(0, 0).merge(made.cell(1, 0))
    made.cell(0, 1).merge(made.cell(0, 2))
    made.cell(2, 0).merge(made.cell(3, 0))
    made.cell(4, 0).merge(made.cell(4, 3))
    assert text_of(document) == (
        "Coast: North; Lights old: 2; Lights new: 3; Depth: 9 m\nCoast: North; Lights old: 4; Lights new: 5; Depth: 7 m"
        "\n\nIn all\n\nCoast: South; Lights old: 6; Lights new: 7; Depth: 8 m"
    )


def test_a_table_within_a_table_is_no_cell_of_names() -> None:
    document, made = table([["Light", "Built", "Height"], ["Vane", "1874", ""]])
    made.cell(1, 2).add_table(1, 1).cell(0, 0).text = "31 m"
    assert text_of(document) == "Light | Built | Height\nVane | 1874 | 31 m"
