"""Log lines on disk: numbered files that several processes append to and anybody can read from any position.

A position is `segment << 32 | offset`, so it grows with time, survives restarts, and finds its line
without an index. A line's own position is its end: reading on from there gives the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SEGMENT_BYTES: Final = 8 * 1024 * 1024
KEPT_SEGMENTS: Final = 4
_BLOCK_BYTES = 256 * 1024
_OFFSET_BITS = 32
_NAME = re.compile(r"engine-(\d{8})\.jsonl")


@dataclass(frozen=True, slots=True)
class StoredLine:
    """One line without its newline, and the position of its end."""

    position: int
    raw: bytes


def position_of(segment: int, offset: int) -> int:
    return segment << _OFFSET_BITS | offset


def split_position(position: int) -> tuple[int, int]:
    """Return the segment's number and the offset in it."""
    return position >> _OFFSET_BITS, position & ((1 << _OFFSET_BITS) - 1)


class Segments:
    """The files of one folder, for readers.

    Every method does file work of some milliseconds at the most per 8 MiB: call them on a thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def numbers(self) -> list[int]:
        """Return the numbers of the segments that exist, oldest first."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))

    def path(self, number: int) -> Path:
        return self.folder / f"engine-{number:08}.jsonl"

    def end(self) -> int:
        """Return the position after the last whole line; 0 when nothing was written yet."""
        for number in reversed(self.numbers()):
            size = self._size(number)
            if size is not None:
                return position_of(number, size)
        return 0

    def backwards(self, before: int | None = None) -> Iterator[StoredLine]:
        """Yield lines from the newest to the oldest; with `before`, those that end before that position."""
        last, limit = (None, 0) if before is None else split_position(before)
        for number in reversed(self.numbers()):
            if last is not None and number > last:
                continue
            size = self._size(number)
            if size is None:
                continue
            end = min(size, limit) if number == last else size
            for line in self._backwards_in(number, end):
                if line.position != before:
                    yield line

    def forwards(self, after: int) -> Iterator[StoredLine]:
        """Yield whole lines from the position `after` to the end, oldest first."""
        first, offset = split_position(after)
        for number in self.numbers():
            if number >= first:
                yield from self._forwards_in(number, offset if number == first else 0)

    def reaches_back_to(self, position: int) -> bool:
        """Tell whether what follows `position` is all still there."""
        numbers = self.numbers()
        return not numbers or max(1, split_position(position)[0]) >= numbers[0]

    def _size(self, number: int) -> int | None:
        try:
            return self.path(number).stat().st_size
        except FileNotFoundError:
            return None

    def _backwards_in(self, number: int, end: int) -> Iterator[StoredLine]:
        try:
            file = self.path(number).open("rb")
        except FileNotFoundError:
            return
        with file:
            start, buffer, torn = end, b"", True
            while start > 0:
                begin = max(0, start - _BLOCK_BYTES)
                file.seek(begin)
                start, buffer = begin, file.read(start - begin) + buffer
                if torn:
                    # What follows the last newline is being written, or was cut off by a crash.
                    buffer = buffer[: buffer.rfind(b"\n") + 1]
                    torn = not buffer
                whole = buffer.find(b"\n") + 1 if start > 0 else 0
                position = start + len(buffer)
                for raw in reversed(buffer[whole:].split(b"\n")[:-1]):
                    yield StoredLine(position_of(number, position), raw)
                    position -= len(raw) + 1
                buffer = buffer[:whole]

    def _forwards_in(self, number: int, offset: int) -> Iterator[StoredLine]:
        try:
            file = self.path(number).open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield StoredLine(position_of(number, offset), line[:-1])
