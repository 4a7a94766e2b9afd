"""Rows of tables as lines that name their columns: `Name: Ada Merrow; Year: 1874`.

A chunk that begins in the middle of a table still knows what each of its cells is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise

from rag.parsing.formats.blocks import BlockText
from rag.sentences import MAX_SENTENCE_CHARACTERS, split_sentences

MAX_COLUMNS = 16_384
MAX_NAME_CHARACTERS = 200

_BETWEEN = "; "
_MAX_KEY_CHARACTERS = 120
_ROWS_AHEAD = 20
_MAX_CAPTIONS = 5
_VALUE = re.compile(r"[\W\d_]*|true|false|yes|no|n/?a|null|none|\S+@\S+|\w+://\S+", re.IGNORECASE)
_STOPS = (".", "!", ";", "…")
_WORDS_OF_A_SENTENCE = 4
_YEAR = re.compile(r"(?:1[0-9]|20|21)\d\d")


def one_line(cell: str) -> str:
    """Return a cell's text with each run of white space, line ends too, as one space."""
    return " ".join(cell.split())


def write_table(
    rows: Iterable[Sequence[str]], blocks: BlockText, *, title: str = "", head: Sequence[str] | None = None
) -> None:
    """Add a table's rows to `blocks`, below `title` as a heading; nothing when no cell holds anything.

    Up to five first rows with one cell each, over wider ones, are captions and stand as paragraphs.
    The next row is the head when it looks like one (see `is_head`); otherwise columns are named A, B, C.

    Args:
        rows: of cells in one line each, empty ones too.
        head: the names of the columns where the document says what they are; all of `rows` are below it then.
    """
    filled = (row for row in rows if any(row))
    ahead = list(islice(filled, _ROWS_AHEAD))
    if not ahead:
        return
    blocks.close_block()
    if title:
        blocks.add(title)
        blocks.close_block(heading=1)
    if head is None:
        captions = _captions(ahead)
        for caption in ahead[:captions]:
            blocks.add(next(filter(None, caption)))
            blocks.close_block()
        ahead = ahead[captions:]
        if is_head(ahead[0], ahead[1:]):
            head, *ahead = ahead
    names = _Names(head or ())
    for row in chain(ahead, filled):
        for line in row_lines((names[place], cell) for place, cell in enumerate(row) if cell):
            blocks.row(line)
    blocks.close_block()


def row_lines(cells: Iterable[tuple[str, str]], *, limit: int = MAX_SENTENCE_CHARACTERS) -> Iterator[str]:
    """Yield a row (names of columns and what their cells hold) as one line.

    Of a row that takes more than `limit` characters further lines follow, each beginning with the row's first cell
    again unless that is long; a cell that is too long for a line goes on under its name, cut where a sentence ends if
    it can be.
    """
    key, line, is_first = "", "", True
    for name, cell in cells:
        for part in _parts(name, cell, limit - len(key) - len(_BETWEEN) if key else limit):
            if line and len(line) + len(_BETWEEN) + len(part) > limit:
                yield line
                line = key
            line = f"{line}{_BETWEEN}{part}" if line else part
        if is_first and len(line) <= min(_MAX_KEY_CHARACTERS, limit // 4):
            key = line
        is_first = False
    if line:
        yield line


def is_head(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether `row` looks like the names of the columns of the rows `below`.

    It has a name for at least half of the cells of each row, holds no values (numbers, dates, addresses; years that
    follow one another are names) and no sentences, but mostly different names, none of which stands in its own column
    again.
    """
    names = [cell for cell in row if cell]
    if not below or 2 * len(names) < max(sum(map(bool, other)) for other in below):
        return False
    if any(map(_is_prose, names)) or 2 * len({*names}) < len(names):
        return False
    if any(_VALUE.fullmatch(name) for name in _without_years(names)):
        return False
    return not any(name and name == cell for other in below for name, cell in zip(row, other, strict=False))


def _is_prose(cell: str) -> bool:
    """Whether a cell is too long for a name, or a sentence; `No.` and `Tel.` are names."""
    return len(cell) > MAX_NAME_CHARACTERS or (cell.endswith(_STOPS) and cell.count(" ") >= _WORDS_OF_A_SENTENCE - 1)


def column_letter(place: int) -> str:
    """Return how spreadsheets call the column at `place` (from 0): A to Z, AA and so on."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


class _Names:
    """The names of columns: the head's, with the letter added to those that come twice, or the letter alone."""

    def __init__(self, head: Sequence[str]) -> None:
        self._names = [name.rstrip(": ") for name in head]
        self._repeated = frozenset(name for name, times in Counter(self._names).items() if times > 1)

    def __getitem__(self, place: int) -> str:
        name = self._names[place] if place < len(self._names) else ""
        if not name:
            return column_letter(place)
        return f"{name} ({column_letter(place)})" if name in self._repeated else name


def _captions(rows: Sequence[Sequence[str]]) -> int:
    """Return how many first rows hold one cell each, when a wider row follows them."""
    for place, row in enumerate(rows[: _MAX_CAPTIONS + 1]):
        if sum(map(bool, row)) > 1:
            return place
    return 0


def _without_years(names: Sequence[str]) -> list[str]:
    years = [int(name) for name in names if _YEAR.fullmatch(name)]
    steps = {later - earlier for earlier, later in pairwise(years)}
    if len(steps) != 1 or steps.isdisjoint((1, -1)):
        return list(names)
    return [name for name in names if not _YEAR.fullmatch(name)]


def _parts(name: str, cell: str, room: int) -> Iterator[str]:
    """Yield the cell under its name, in as many parts of at most `room` characters as it takes."""
    whole = f"{name}: {cell}"
    if len(whole) <= room:
        yield whole
        return
    name = name[: room // 2]
    room -= len(name) + 2
    start = end = 0
    for sentence in split_sentences(cell, max_characters=room):
        if sentence.end - start > room:
            yield f"{name}: {cell[start:end]}"
            start = sentence.start
        end = sentence.end
    yield f"{name}: {cell[start:end]}"
