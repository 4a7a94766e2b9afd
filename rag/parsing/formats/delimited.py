"""CSV and TSV: every row a line that names its columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

from mcp_engine.errors import TooLarge
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.limits import MAX_TEXT_CHARACTERS, checked_length
from rag.parsing.formats.plain import decode
from rag.parsing.formats.refusals import without_text
from rag.parsing.formats.rows import MAX_COLUMNS, one_line, write_table
from rag.parsing.parsed import ParsedDocument

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)?+")
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)
_DELIMITERS = "\t|;,"
"""In this order when they divide the lines equally well: the later ones are more often part of what cells hold."""

_SNIFFED_CHARACTERS = 64 * 1024
_SNIFFED_LINES = 50
_RUNAWAY_LINES = 200
_PARSER = "csv/1"
_Quoting = Literal[0, 3]
"""`csv.QUOTE_MINIMAL` or `csv.QUOTE_NONE`."""


class _Runaway(Exception):
    """A cell runs over so many lines that its quotation mark was not meant to open it."""


def parse_delimited(content: bytes, *, filename: str, media_type: str) -> ParsedDocument:
    """Return the rows as lines; see `rag.parsing.formats.rows`.

    A first line `sep=;` names the delimiter; otherwise it is the one of tab, `|`, `;` and `,` that divides most of the
    first lines into equally many cells. Formulas are text like any other.

    Raises:
        TooLarge: `document.too_much_text`, also for more than 16,384 columns.
        InvalidInput: `document.no_text`.
    """
    text = decode(content)
    checked_length(len(text), filename)
    named = _SEPARATOR_LINE.match(text)
    start = named.end() if named else 0
    delimiter = named[1] if named else _delimiter(text)
    try:
        blocks = _written(text, start, delimiter, csv.QUOTE_MINIMAL, filename)
    except _Runaway:
        blocks = _written(text, start, delimiter, csv.QUOTE_NONE, filename)
    written = blocks.text()
    if not written:
        raise without_text(filename, "all cells are empty.")
    return ParsedDocument(written, media_type, (), None, _PARSER, stretches=blocks.stretches)


def _written(text: str, start: int, delimiter: str, quoting: _Quoting, filename: str) -> BlockText:
    blocks = BlockText(filename)
    write_table(_rows(text, start, delimiter, quoting, filename), blocks)
    return blocks


def _rows(text: str, start: int, delimiter: str, quoting: _Quoting, filename: str) -> Iterator[Sequence[str]]:
    # The module's limit on a cell is meant against quotation marks that never close; those are found below.
    csv.field_size_limit(MAX_TEXT_CHARACTERS)
    lines = _lines(text, start, delimiter, filename)
    for row in csv.reader(lines, delimiter=delimiter, quoting=quoting, skipinitialspace=True):
        if len(row) > MAX_COLUMNS:
            raise _too_wide(filename)
        if quoting != csv.QUOTE_NONE and any(cell.count("\n") > _RUNAWAY_LINES for cell in row):
            raise _Runaway
        yield [one_line(cell) for cell in row]


def _lines(text: str, start: int, delimiter: str, filename: str) -> Iterator[str]:
    """Yield lines with their ends; one that would make a row far too wide is refused before it is divided."""
    for match in _LINE.finditer(text, start):
        line = match[0]
        if len(line) > MAX_COLUMNS * 50 and line.count(delimiter) > MAX_COLUMNS * 50:
            raise _too_wide(filename)
        if line:
            yield line


def _delimiter(text: str) -> str:
    sample = [match[0] for match in islice(_LINE.finditer(text[:_SNIFFED_CHARACTERS]), _SNIFFED_LINES)]
    if len(text) > _SNIFFED_CHARACTERS and len(sample) > 1:
        sample.pop()  # it may be cut off
    return max(_DELIMITERS, key=lambda delimiter: (_agreement(sample, delimiter), -_DELIMITERS.index(delimiter)))


def _agreement(sample: Sequence[str], delimiter: str) -> float:
    """Return the share of rows that have the most frequent width, 0 when that is one cell."""
    widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter, skipinitialspace=True) if row)
    if not widths:
        return 0.0
    width, rows = widths.most_common(1)[0]
    return rows / widths.total() if width > 1 else 0.0


def _too_wide(filename: str) -> TooLarge:
    return TooLarge(
        "document.too_much_text", f"{filename} has a row of more than {MAX_COLUMNS:,} cells; split it into parts."
    )
