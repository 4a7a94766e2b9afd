"""Rows of tables, read with the heads of their columns.

A row says little by itself: `| 5 | the server can't be reached |` answers "What does exit code 5 mean?" once it is
read as "code: 5; meaning: the server can't be reached". Markdown's tables are those of GitHub Flavored Markdown
(section 4.10 of its specification): a row of heads, dashes below each head, then rows until a line without a pipe. Of
sheets each row was written as a line that names its columns itself (`rag.parsing.formats.rows`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.sentences import MAX_SENTENCE_CHARACTERS, Span

_DASHES = re.compile(r"\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?")
_PIPE = re.compile(r"(?<!\\)\|")
_NAMED_CELLS = re.compile(r"\w[^:;]{0,199}: [^;]*(?:;[^;]*)*?; [^:;]{1,200}: ")

_NAME = re.compile(r"(?:^|; )[^:;]{1,200}: ")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row is `text[start:end]`, without the pipes around it; `reading` names each cell's head, `cells` none.

    `table` is where the line of the heads begins; None for a row that names its columns itself.
    """

    table: int | None
    start: int
    end: int
    reading: str
    cells: str


@dataclass(frozen=True, slots=True)
class _Heads:
    start: int
    cells: list[str]


def table_rows(text: str) -> Mapping[Span, TableRow]:
    """Return the rows below the heads of each table in `text`, by the span of their whole line without white space.

    Takes time linear in the length of `text`.
    """
    found: dict[Span, TableRow] = {}
    above: Span | None = None
    heads: _Heads | None = None
    position = 0
    for line in text.splitlines(keepends=True):
        start = position + len(line) - len(line.lstrip())
        span = Span(start, start + len(line.strip()))
        position += len(line)
        if heads is None and _names_cells(text, span):
            found[span], above = _named_row(text, span), None
        elif "|" not in line:
            above = heads = None
        elif heads is not None:
            found[span] = _row(text, span, heads)
        else:
            heads, above = _heads(text, above, span), span
    return found


def _names_cells(text: str, line: Span) -> bool:
    return line.end - line.start <= MAX_SENTENCE_CHARACTERS and bool(_NAMED_CELLS.match(text, line.start, line.end))


def _named_row(text: str, line: Span) -> TableRow:
    reading = text[line.start : line.end]
    return TableRow(None, line.start, line.end, reading, _NAME.sub(" ", reading).strip())


def _heads(text: str, above: Span | None, line: Span) -> _Heads | None:
    """Return the heads if `above` holds them, which the dashes in `line` decide."""
    dashes = text[line.start : line.end]
    if above is None or not _DASHES.fullmatch(dashes):
        return None
    cells = _cells(text[above.start : above.end])
    return _Heads(above.start, cells) if len(cells) == len(_cells(dashes)) else None


def _row(text: str, line: Span, heads: _Heads) -> TableRow:
    start, end = line.start, line.end
    while start < end and text[start] in "| \t":
        start += 1
    while start < end and text[end - 1] in "| \t" and text[end - 2 : end] != "\\|":
        end -= 1
    pairs = zip(heads.cells, _cells(text[line.start : line.end]), strict=False)
    reading = "; ".join(f"{head}: {cell}" if head else cell for head, cell in pairs if cell)
    return TableRow(heads.start, start, end, reading, text[start:end])


def _cells(row: str) -> list[str]:
    """Return a row's cells; an escaped pipe is part of one."""
    cells = [cell.strip() for cell in _PIPE.split(row)]
    first = 1 if row.startswith("|") else 0
    last = len(cells) - 1 if len(cells) > 1 and not cells[-1] else len(cells)
    return cells[first:last]
