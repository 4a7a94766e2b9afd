"""Tables of web pages that name their columns; those that lay out a page, or have no row of heads, are no such tables.

A head is what `thead` holds, or a first row of nothing but `th` with the rows that its cells reach into. A cell over
all columns above it is a caption.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rag.parsing.formats.grids import Cell, Grid
from rag.parsing.formats.rows import one_line
from rag.parsing.formats.trees import walk

_INLINE = frozenset(
    ("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
     "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
)  # fmt: skip
_SPAN = re.compile(r"\s*(\d{1,6})")
_MAX_SPANNED_COLUMNS = 1000
_MAX_SPANNED_ROWS = 65_534


def data_table(table: Any, is_left_out: Callable[[Any], bool]) -> Grid | None:
    """Return a table whose columns have names; None for any other, and for one with text outside of its cells."""
    if (table.get("role") or "").strip().lower() in ("presentation", "none"):
        return None
    reading = _Reading()
    events = walk(table)
    for event, element in events:
        if event == "end":
            reading.leave(element)
            if element is not table:
                reading.add(element.tail)
        elif is_left_out(element):
            events.skip_subtree()
        else:
            reading.enter(element)
            reading.add(element.text)
    return reading.grid()


class _Reading:
    def __init__(self) -> None:
        self._rows: list[list[Cell]] = []
        self._is_head: list[bool] = []
        self._has_thead = False
        self._in_thead = False
        self._open: list[Any] = []
        """The cell or caption at hand."""
        self._text: list[str] = []
        self._caption = ""
        self._is_broken = False

    def enter(self, element: Any) -> None:
        tag = element.tag
        if tag == "thead":
            self._has_thead = self._in_thead = True
        elif tag == "tr":
            self._rows.append([])
            self._is_head.append(True)
            if self._has_thead:
                self._is_head[-1] = self._in_thead
        elif tag in ("td", "th", "caption"):
            self._is_broken |= bool(self._open) or (tag != "caption" and not self._rows)
            self._open.append(element)
        elif tag not in _INLINE:
            self._text.append(" ")

    def add(self, text: str | None) -> None:
        if text and self._open:
            self._text.append(text)
        elif text and not text.isspace():
            self._is_broken = True

    def leave(self, element: Any) -> None:
        if element.tag == "thead":
            self._in_thead = False
        elif self._open and self._open[-1] is element:
            self._open.pop()
            text = one_line("".join(self._text))
            self._text.clear()
            if element.tag == "caption":
                self._caption = text
            elif self._rows:
                self._rows[-1].append(_cell(element, text))
                self._is_head[-1] &= element.tag == "th" or self._in_thead
        elif element.tag not in _INLINE:
            self._text.append(" ")

    def grid(self) -> Grid | None:
        filled = [(row, is_head) for row, is_head in zip(self._rows, self._is_head, strict=True) if row]
        rows, is_head = [row for row, _ in filled], [is_head for _, is_head in filled]
        captions = [self._caption] if self._caption else []
        while is_head[:2] == [True, True] and len(rows[0]) == 1:
            captions.append(rows.pop(0)[0].text)
            is_head.pop(0)
        height = (*is_head, False).index(False)
        if height and not self._has_thead:
            height = min(height, max(cell.rows for cell in rows[0]))
        if self._is_broken or not 0 < height < len(rows):
            return None
        grid = Grid(rows[:height], rows[height:], captions)
        return grid if grid.is_table else None


def _cell(element: Any, text: str) -> Cell:
    columns, rows = _span(element.get("colspan")), _span(element.get("rowspan"))
    return Cell(text, min(columns, _MAX_SPANNED_COLUMNS), min(rows, _MAX_SPANNED_ROWS))


def _span(said: str | None) -> int:
    found = _SPAN.match(said or "")
    return max(int(found[1]), 1) if found else 1
