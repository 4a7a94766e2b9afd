"""Tables of Word documents that name their columns.

A row of heads is one that repeats on each page (`tblHeader`). Few authors set that, so a first row that looks like
names counts too where bold type or the table's style sets it apart, or it has at least three columns: two may be a
form, with what is asked on the left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rag.parsing.formats.grids import Cell, Grid
from rag.parsing.formats.rows import is_head, one_line
from rag.parsing.formats.trees import walk
from rag.parsing.formats.word_markup import INLINE, UNSEEN, W

_OFF = ("0", "false", "off")
_FIRST_ROW = 0x0020
_COLUMNS_OF_A_TABLE = 3
_ROWS_AHEAD = 20
_MAX_REPEATED_CHARACTERS = 120
_MAX_SPANNED = 1000


def marking_styles(styles: Any) -> frozenset[str]:
    """Return the ids of the table styles that set the first row apart."""
    found: set[str] = set()
    for style in styles:
        parts: Iterator[Any] = style.element.iter(f"{W}tblStylePr")
        if any(part.get(f"{W}type") == "firstRow" for part in parts):
            found.add(style.style_id)
    return frozenset(found)


def data_table(table: Any, marking: Collection[str]) -> Grid | None:
    """Return a table whose columns have names, None for any other and for one with tables inside."""
    if sum(1 for _ in table.iter(f"{W}tbl")) > 1:
        return None
    rows: list[Any] = list(table.iter(f"{W}tr"))
    lines = _lines(rows)
    height = next((place for place, row in enumerate(rows) if not _is_on(row, "trPr", "tblHeader")), len(rows))
    if not height and len(rows) > 1 and _looks_like_head(table, rows, lines, marking):
        height = 1
    if not 0 < height < len(rows) or not lines[0]:
        return None
    grid = Grid(lines[:height], lines[height:])
    return grid if grid.is_table else None


def _looks_like_head(
    table: Any, rows: Sequence[Any], lines: Sequence[Sequence[Cell]], marking: Collection[str]
) -> bool:
    first, *below = [[cell.text for cell in line] for line in lines[: _ROWS_AHEAD + 1]]
    if not is_head(first, below):
        return False
    is_bold = _is_bold(rows[0]) and not _is_bold(rows[1])
    return is_bold or len(first) >= _COLUMNS_OF_A_TABLE or _is_marked_by_style(table, marking)


def _is_marked_by_style(table: Any, marking: Collection[str]) -> bool:
    style, look = table.find(f"{W}tblPr/{W}tblStyle"), table.find(f"{W}tblPr/{W}tblLook")
    if style is None or look is None or style.get(f"{W}val") not in marking:
        return False
    said = look.get(f"{W}firstRow")
    if said is not None:
        return said not in _OFF
    return bool(_number(look.get(f"{W}val"), base=16) & _FIRST_ROW)


def _is_bold(row: Any) -> bool:
    """Return whether all that a row says is in bold type of its own."""
    runs: list[Any] = [run for run in row.iter(f"{W}r") if any(one.text for one in run.iter(f"{W}t"))]
    return bool(runs) and all(_is_on(run, "rPr", "b") for run in runs)


def _is_on(element: Any, properties: str, name: str) -> bool:
    found = element.find(f"{W}{properties}/{W}{name}")
    return found is not None and found.get(f"{W}val") not in _OFF


def _lines(rows: Sequence[Any]) -> list[list[Cell]]:
    """Return the cells row by row; one that goes on from the row above says it again, if it is short."""
    lines: list[list[Cell]] = []
    above: dict[int, str] = {}
    for row in rows:
        place = _number(_value(row, "trPr", "gridBefore"))
        line = [Cell("", place)] if place else []
        said: dict[int, str] = {}
        for cell in row.iter(f"{W}tc"):
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(f"{W}val") != "restart"
            said[place] = above.get(place, "") if goes_on else _text(cell)
            columns = max(_number(_value(cell, "tcPr", "gridSpan")), 1)
            line.append(Cell(said[place] if not goes_on or _is_short(said[place]) else "", columns))
            place += columns
        lines.append(line)
        above = said
    return lines


def _is_short(text: str) -> bool:
    return len(text) <= _MAX_REPEATED_CHARACTERS


def _text(cell: Any) -> str:
    parts: list[str] = []
    events = walk(cell)
    for event, element in events:
        if event == "end":
            parts += " " if element.tag == f"{W}p" else ""
        elif element.tag in UNSEEN:
            events.skip_subtree()
        elif element.tag == f"{W}t":
            parts.append(element.text or "")
        elif element.tag in INLINE:
            parts.append("-" if INLINE[element.tag] == "-" else " ")
    return one_line("".join(parts))


def _value(element: Any, properties: str, name: str) -> str | None:
    found = element.find(f"{W}{properties}/{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _number(said: str | None, *, base: int = 10) -> int:
    try:
        return min(max(int((said or "0")[:6], base), 0), _MAX_SPANNED if base == 10 else 0xFFFFFF)
    except ValueError:
        return 0
