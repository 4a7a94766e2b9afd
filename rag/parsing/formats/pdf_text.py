"""The text of one PDF page as it is stored, and the way back from it to the characters that PDFium counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.parsing.parsed import storable

# PDFium marks a hyphen at the end of a line with U+FFFE and joins the lines there.
_HYPHEN = "\ufffe"
_EDITED = re.compile(f"\r\n|\r|\f|{_HYPHEN}")


@dataclass(frozen=True, slots=True)
class Edit:
    """`raw[start:end]` stands as `text` in the stored text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's characters as PDFium gives them (`raw`), and what cleaning changes of them.

    Line ends become `\\n`. A word divided at the end of a line is written in one, keeping its hyphen
    when it has another hyphen already or goes on with a capital or a digit.
    """

    raw: str
    edits: tuple[Edit, ...]

    @classmethod
    def of(cls, raw: str) -> PageText:
        return cls(raw, tuple(_edits(raw)))

    @property
    def text(self) -> str:
        parts: list[str] = []
        done = 0
        for edit in self.edits:
            parts += (self.raw[done : edit.start], edit.text)
            done = edit.end
        return storable("".join((*parts, self.raw[done:])))

    def raw_range(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of `raw` that `text[start:end]` was made of."""
        return self._raw(start), self._raw(end - 1) + 1 if end > start else self._raw(start)

    def _raw(self, offset: int) -> int:
        ahead = 0
        for edit in self.edits:
            if offset + ahead < edit.start + len(edit.text):
                break
            ahead += edit.end - edit.start - len(edit.text)
        return offset + ahead


def _edits(raw: str) -> Iterator[Edit]:
    for match in _EDITED.finditer(raw):
        if match[0] == _HYPHEN:
            yield Edit(match.start(), match.end(), "-" if _is_kept(raw, match.start()) else "")
        else:
            yield Edit(match.start(), match.end(), "\n")


def _is_kept(raw: str, place: int) -> bool:
    after = raw[place + 1 : place + 2]
    if not _is_of_word(after) or after.isupper() or after.isdigit():
        return True
    start = place
    while start and (_is_of_word(raw[start - 1]) or raw[start - 1] == "-"):
        start -= 1
    return "-" in raw[start:place]


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"
