"""The order in which the lines of a page are read: bands from top to bottom, columns from left to right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

_SPANNING = 0.6
"""A line that takes more of the text's width than this stands in no column."""
_GUTTER = 0.8
"""Times a line's height: how wide the white between two columns is at least."""
_COLUMN_LINES = 3
_COLUMN_CHARACTERS = 15
"""Columns of shorter lines are those of a table, which is read row by row."""


@dataclass(frozen=True, slots=True)
class Box:
    """A line of text and its rectangle in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def rows_of(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return the boxes in reading order, those that stand side by side in one row together."""
    rows: list[list[Box]] = []
    for band in _bands(sorted(boxes, key=lambda box: box.top)):
        for column in _columns(band):
            rows += _rows(column)
    return rows


def _bands(boxes: Sequence[Box]) -> Iterator[list[Box]]:
    """Cut a page at the lines that stand across its columns."""
    if not boxes:
        return
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    band: list[Box] = []
    was_spanning = False
    for box in boxes:
        is_spanning = box.right - box.left > _SPANNING * width
        if band and is_spanning != was_spanning:
            yield band
            band = []
        band.append(box)
        was_spanning = is_spanning
    yield band


def _columns(band: Sequence[Box]) -> list[list[Box]]:
    gutter = _GUTTER * median(box.height for box in band)
    columns: list[list[Box]] = []
    reached = 0.0
    for box in sorted(band, key=lambda box: box.left):
        if not columns or box.left - reached > gutter:
            columns.append([])
            reached = box.right
        columns[-1].append(box)
        reached = max(reached, box.right)
    is_prose = all(
        len(column) >= _COLUMN_LINES and median(len(box.text) for box in column) >= _COLUMN_CHARACTERS
        for column in columns
    )
    return columns if is_prose else [list(band)]


def _rows(column: Sequence[Box]) -> list[list[Box]]:
    rows: list[list[Box]] = []
    for box in sorted(column, key=lambda box: box.top + box.bottom):
        first = rows[-1][0] if rows else None
        if first is not None and first.top < (box.top + box.bottom) / 2 < first.bottom:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]
