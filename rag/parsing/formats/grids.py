"""Tables of documents and pages, whose cells span columns and rows: each row as a line that names its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.rows import write_table

MAX_HEAD_ROWS = 5
MAX_COLUMNS = 1000
_MAX_REPEATED_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds, in one line, and how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


Row: TypeAlias = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a head; `captions` stand above it."""

    head: Sequence[Row]
    body: Sequence[Row]
    captions: Sequence[str] = ()

    @property
    def columns(self) -> int:
        return max(sum(cell.columns for cell in row) for row in self.head)

    @property
    def is_table(self) -> bool:
        """Whether it names columns at all: more than one, with rows below."""
        is_bounded = len(self.head) <= MAX_HEAD_ROWS and self.columns <= MAX_COLUMNS
        named = (row for row in self.body if not self.is_title(row))
        return is_bounded and self.columns > 1 and any(cell.text for row in named for cell in row)

    def is_title(self, row: Row) -> bool:
        """Whether a row is one cell over all columns."""
        return len(row) == 1 and row[0].columns >= self.columns


def write_grid(grid: Grid, blocks: BlockText) -> None:
    """Add a table to `blocks`; what a short cell says is repeated in each row that it covers.

    A column below several rows of heads has the name of all of them. A row of one cell over all columns names no
    column: it stands as a paragraph, as a caption does.
    """
    names = _names(grid)
    blocks.close_block()
    for caption in grid.captions:
        blocks.add(caption)
        blocks.close_block()
    waiting: list[list[str]] = []
    for row in _placed(grid):
        if isinstance(row, str):
            write_table(waiting, blocks, head=names)
            waiting = []
            blocks.add(row)
            blocks.close_block()
        else:
            waiting.append(row)
    write_table(waiting, blocks, head=names)


def _names(grid: Grid) -> list[str]:
    names: list[list[str]] = [[] for _ in range(grid.columns)]
    covered: dict[int, int] = {}
    for number, row in enumerate(grid.head):
        for place, cell in _places(row, number, covered, grid.columns):
            for column in names[place : place + cell.columns]:
                if cell.text and column[-1:] != [cell.text]:
                    column.append(cell.text)
    return [" ".join(column) for column in names]


def _placed(grid: Grid) -> Iterator[list[str] | str]:
    """Yield the text of each column, row by row; a single text for a row of one cell over all columns."""
    covered: dict[int, int] = {}
    repeated: dict[int, str] = {}
    columns = grid.columns
    for number, row in enumerate(grid.body):
        if not any(cell.text for cell in row):
            continue
        if grid.is_title(row):
            yield row[0].text
            continue
        line = {place: repeated.get(place, "") for place, until in covered.items() if until > number}
        for place, cell in _places(row, number, covered, columns):
            line[place] = cell.text
            if cell.rows > 1:
                repeated |= dict.fromkeys(range(place, place + cell.columns), "")
                repeated[place] = cell.text if len(cell.text) <= _MAX_REPEATED_CHARACTERS else ""
        yield [line.get(place, "") for place in range(max(chain(line, (columns - 1,))) + 1)]


def _places(row: Row, number: int, covered: dict[int, int], columns: int) -> Iterator[tuple[int, Cell]]:
    """Yield where each cell of a row begins, beside those above that cover it; `covered` says until which row."""
    place = 0
    for cell in row:
        while covered.get(place, 0) > number:
            place += 1
        yield place, cell
        end = max(place + 1, min(place + cell.columns, columns))
        if cell.rows > 1:
            covered |= dict.fromkeys(range(place, min(end, columns)), number + cell.rows)
        place = end
