"""Text built from blocks: paragraphs, headings, list items and table rows, with a blank line where it separates."""

from __future__ import annotations

from rag.parsing.formats.limits import checked_length
from rag.stretches import Stretch


class BlockText:
    """Collects the visible text of a structured document.

    Inside a block, runs of white space are one space, as a browser shows them; `verbatim` keeps them.
    """

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._parts: list[str] = []
        self._line: list[str] = []
        self._length = 0
        self._gap = ""
        self._mark = ""
        self.headings: list[int] = []
        self.levels: list[int] = []
        self._rows: list[tuple[int, int]] = []

    def add(self, text: str) -> None:
        """Add inline text to the block at hand."""
        self._line.append(text)

    def mark(self, mark: str) -> None:
        """Put `mark` before the next block that has text, such as the dash of a list item."""
        self._mark = mark

    def close_block(self, *, heading: int = 0, gap: str = "\n\n") -> None:
        """End the block at hand; `gap` stands before the next one, the larger of two adjoining gaps wins.

        Args:
            heading: its level when it is one, from 1.
        """
        lines = (" ".join(line.split()) for line in "".join(self._line).split("\n"))
        self._line.clear()
        self._emit("\n".join(line for line in lines if line), heading=heading)
        self._gap = max(self._gap, gap, key=len) if self._parts else ""

    def verbatim(self, text: str) -> None:
        """Add a block whose white space means something."""
        self.close_block()
        self._emit(text.strip("\r\n"))
        self._gap = "\n\n" if self._parts else ""

    def row(self, line: str) -> None:
        """Add a line that stands by itself, below a row before it."""
        self.close_block(gap="\n")
        self._emit(line)
        start = self._length - len(line)
        if self._rows and self._rows[-1][1] + 1 == start:
            self._rows[-1] = (self._rows[-1][0], self._length)
        else:
            self._rows.append((start, self._length))

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Where the rows are; adjoining ones are one stretch."""
        return tuple(Stretch(start, end, "rows") for start, end in self._rows)

    def text(self) -> str:
        self.close_block()
        return "".join(self._parts)

    def _emit(self, block: str, *, heading: int = 0) -> None:
        if not block:
            return
        block, self._mark = self._mark + block, ""
        self._length = checked_length(self._length + len(self._gap) + len(block), self._filename)
        if heading:
            self.headings.append(self._length - len(block))
            self.levels.append(heading)
        self._parts += (self._gap, block)
        self._gap = ""
