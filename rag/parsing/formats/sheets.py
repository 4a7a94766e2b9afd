"""XLSX, by openpyxl: every row of every sheet that is shown, as a line that names its columns.

Read are the values that were stored when the workbook was saved. Not read: formulas without such a value, error
values, hidden sheets, comments, charts, headers and footers; nothing is computed, no macro and no link is followed.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.exceptions import InvalidFileException

from mcp_engine.errors import TooLarge
from rag.parsing.formats.archive import check_archive
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.detect import XLSX
from rag.parsing.formats.refusals import damaged, without_text
from rag.parsing.formats.rows import one_line, write_table
from rag.parsing.formats.trees import XMLSyntaxError
from rag.parsing.parsed import ParsedDocument, storable

MAX_ROWS = 1_048_576
MAX_CELLS = 50_000_000
"""In a sheet, with the empty ones that openpyxl puts before a row's last."""

# In the format of a number, what is shown as it stands: quoted, or behind a backslash.
_LITERAL = re.compile(r'"[^"]*"|\\.')
_WHAT = "an Excel workbook"
_PARSER = f"openpyxl/{openpyxl.__version__}"
_UNREADABLE = (
    zipfile.BadZipFile, InvalidFileException, XMLSyntaxError, ParseError, KeyError, ValueError, TypeError,
    AttributeError, IndexError, OverflowError, OSError,
)  # fmt: skip


def parse_xlsx(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the shown sheets in order, each below its name as a heading.

    Raises:
        TooLarge: `document.unpacks_too_large`, `document.too_much_text`.
        InvalidInput: `document.corrupt`, `document.encrypted`, `document.no_text`.
    """
    check_archive(content, filename=filename, what=_WHAT)
    blocks = BlockText(filename)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl names what it would not write back
            title = _write(content, filename, blocks)
    except _UNREADABLE as error:
        raise damaged(filename, _WHAT) from error
    text = storable(blocks.text())
    if not text:
        raise without_text(filename, "no sheet that is shown holds a value.")
    return ParsedDocument(text, XLSX, (), title or None, _PARSER, tuple(blocks.headings), blocks.stretches)


class _Reader(ExcelReader):
    """openpyxl's reader without what has no cells, and that passes over nothing that has."""

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        """Leave out a chart that is a sheet by itself; an empty one can't be read."""

    def read_worksheets(self) -> None:
        for _, relation in cast(Any, self).parser.find_sheets():
            if relation.target not in self.valid_files:
                raise KeyError(relation.target)
        super().read_worksheets()


def _write(content: bytes, filename: str, blocks: BlockText) -> str:
    """Add the sheets to `blocks` and return the workbook's own title."""
    reader = _Reader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read()
    book = cast(Any, reader).wb
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                write_table(_rows(sheet, filename), blocks, title=one_line(sheet.title))
        return storable(book.properties.title or "").strip()
    finally:
        book.close()


def _rows(sheet: Any, filename: str) -> Iterator[Sequence[str]]:
    sheet.reset_dimensions()  # the size that a sheet says it has is a claim
    cells = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells += len(row)
        if number > MAX_ROWS or cells > MAX_CELLS:
            raise TooLarge(
                "document.too_much_text",
                f"The sheet {sheet.title} of {filename} has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells; "
                "split it into parts.",
            )
        if row:
            yield [_shown(cell) for cell in row]


def _shown(cell: Any) -> str:
    """Return what a cell holds, in plain words: `1874`, `12.5`, `25%`, `2024-05-01`, `true`."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        is_share = "%" in _LITERAL.sub("", cell.number_format)
        return _number(value * 100) + "%" if is_share else _number(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime | dt.time):
        return value.isoformat(timespec="seconds" if value.second else "minutes").replace("T", " ")
    return one_line(str(value))


def _number(value: float) -> str:
    """Return a number with the 15 digits that a spreadsheet keeps."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)
