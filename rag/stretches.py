"""Stretches of a text whose lines mean something by themselves, because its parser made or knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["rows", "code"]
_BETWEEN_CELLS = "; "


@dataclass(frozen=True, slots=True)
class Stretch:
    """`text[start:end]`, counted in code points: in `rows` each line stands alone, in `code` each block of lines."""

    start: int
    end: int
    kind: Kind


def units(text: str, stretch: Stretch, limit: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of what is never divided: a row, or lines of code between two blank lines.

    Code of more than `limit` characters is cut between two lines and a row of more between two cells; only a line or
    a cell that is longer by itself comes out longer. Takes time linear in the length of the stretch.
    """
    yield from _rows(text, stretch, limit) if stretch.kind == "rows" else _blocks(text, stretch, limit)


def _rows(text: str, stretch: Stretch, limit: int) -> Iterator[tuple[int, int]]:
    for start, end in _lines(text, stretch):
        begin = start
        while end - begin > limit:
            cut = text.rfind(_BETWEEN_CELLS, begin + 1, begin + limit)
            if cut < 0:
                break
            yield begin, cut + 1
            begin = cut + len(_BETWEEN_CELLS)
        yield begin, end


def _blocks(text: str, stretch: Stretch, limit: int) -> Iterator[tuple[int, int]]:
    begin: int | None = None
    until = stretch.start
    for start, end in _lines(text, stretch):
        is_blank = text[start:end].isspace() or start == end
        if begin is not None and (is_blank or end - begin > limit):
            yield begin, until
            begin = None
        if begin is None and not is_blank:
            begin = start
        until = end
    if begin is not None:
        yield begin, until


def _lines(text: str, stretch: Stretch) -> Iterator[tuple[int, int]]:
    position = stretch.start
    for line in text[stretch.start : stretch.end].splitlines(keepends=True):
        yield position, position + len(line.rstrip("\r\n"))
        position += len(line)
