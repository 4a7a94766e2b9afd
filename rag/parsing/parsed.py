"""What a parser returns: the text that every later offset refers to."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from rag.stretches import Stretch

PAGE_BREAK = "\f"
"""Stands between two pages of a paged document; it belongs to no page."""

# PostgreSQL's text can't hold NUL, UTF-8 can't hold a lone surrogate.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Page `number` (1-based) is `text[start:end]`, counted in code points."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LineSpan:
    """`text[start:end]` is a line that was recognised in a picture (OCR).

    Its rectangle is in shares (0..1) of the page's width and height, from the left and the top.
    """

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's text and what is known about it.

    Args:
        text: the text; every offset in the engine counts Python code points of it.
        media_type: the detected type, not the claimed one.
        pages: spans in order, without overlap; empty for formats that have no pages.
        title: the document's own title, when it has one.
        parser: name and version of what read it, because offsets are only as stable as the parser.
        headings: starts of headings that the markup names, ascending; chunks prefer to begin there.
        levels: how deep each heading is, from 1; empty when the markup tells none apart.
        stretches: rows of tables and source code, ascending, without overlap; all other text is prose.
        unread: numbers of pages that show pictures and have no text yet: it waits for recognition.
        missed: how many pages show pictures and have no text, and nothing here could recognise it.
        lines: where recognised text stands on its pages, ascending.
    """

    text: str
    media_type: str
    pages: tuple[PageSpan, ...]
    title: str | None
    parser: str
    headings: tuple[int, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    levels: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    lines: tuple[LineSpan, ...] = ()
    missed: int = 0

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page that holds `offset`; None for formats without pages.

        An offset between two pages belongs to the earlier one.
        """
        index = bisect_right(self.pages, offset, key=lambda page: page.start)
        return self.pages[index - 1].number if index else None


def storable(text: str) -> str:
    """Return `text` with NUL and lone surrogates replaced one for one by U+FFFD.

    The length stays the same; it happens before any offset is computed, so that the stored text
    and the offsets agree.
    """
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
