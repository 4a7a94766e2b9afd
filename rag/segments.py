"""Stretches of text that no sentence crosses, found by their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ALONE = re.compile(r"[ \t]{0,3}#{1,6}[ \t]|[ \t]*\||.*? \| |[ \t]*\d{1,4}[ \t]*$")
_RULE = re.compile(r"[ \t]*(?:={3,}|-{3,}|\*{3,}|_{3,}|(?:[-*_] ){2,}[-*_])[ \t]*$")
_BULLET = re.compile(r"[ \t]*[-*+•‣◦▪●·][ \t]+\S")
_NUMBERED = re.compile(r"[ \t]*(?:\(?\d{1,3}[.)]|\(?[a-z]\))[ \t]+\S")
_FRESH_START = re.compile(r"[\"'“‘«(\[¿¡]?(?:\d+(?:\.\d+)*\.?[ \t]+)?[^\W\d_]")
_FIRST_WORD = re.compile(r"\S*")
_ENDS = tuple(".!?…:;,\"'”’)]。！？")
_RUNS_ON = tuple(",;-–—(&/")

_WRAPPED_AT_MOST = 200
"""Nobody wraps lines wider than this: in such text each line is a paragraph."""

_SLACK = 0.85
"""A line ends early when the next one's first word would fit into this share of the widest line."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`text[start:end]`; a heading, a table row or a line of code is no prose, its full stops end nothing."""

    start: int
    end: int
    is_prose: bool


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    page_ends: bool


@dataclass(slots=True)
class _Paragraph:
    lines: list[_Line] = field(default_factory=list[_Line])
    is_item: bool = False


def segments(text: str) -> Iterator[Segment]:
    """Yield the segments of `text` in order; what lies between them is white space.

    Blank lines, Markdown headings, rules, table rows, list items, lines of fenced code and lines that hold a
    number alone (page numbers) end a segment. So does a line end that wrapping does not explain: the
    next line begins with a capital or a section number, and its first word would have fitted. A page break ends
    one unless the text evidently goes on: a letter or comma before it, and after it lower case, or
    full lines on both sides.
    """
    paragraph = _Paragraph()
    fence = ""
    for line in _lines(text):
        content = text[line.start : line.end]
        mark = _FENCE.match(content)
        if not content or content.isspace():
            # A page often ends in a blank line; the sentence may still go on overleaf.
            if line.page_ends and paragraph.lines:
                paragraph.lines[-1].page_ends = True
            elif not line.page_ends:
                yield from _flushed(text, paragraph)
        elif fence or mark:
            yield from _flushed(text, paragraph)
            yield Segment(line.start, line.end, is_prose=False)
            if mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
        elif _RULE.match(content):
            # The underline of a setext heading stays with its heading.
            paragraph.lines.append(line)
            yield from _flushed(text, paragraph)
        elif _ALONE.match(content):
            yield from _flushed(text, paragraph)
            yield Segment(line.start, line.end, is_prose=False)
        else:
            if _begins_item(text, content, paragraph):
                yield from _flushed(text, paragraph)
                paragraph.is_item = True
            paragraph.lines.append(line)
    yield from _flushed(text, paragraph)


def _lines(text: str) -> Iterator[_Line]:
    position = 0
    for line in text.splitlines(keepends=True):
        length = len(line)
        ends = length - (1 if line.splitlines()[0] != line else 0)
        if line.endswith("\r\n"):
            ends = length - 2
        yield _Line(position, position + ends, line.endswith("\f"))
        position += length


def _begins_item(text: str, content: str, paragraph: _Paragraph) -> bool:
    if _BULLET.match(content):
        return True
    if not _NUMBERED.match(content):
        return False
    if not paragraph.lines or paragraph.is_item:
        return True
    # A number that begins a wrapped line is no list item: "on page / 12. Then".
    last = paragraph.lines[-1]
    return text[last.start : last.end].rstrip().endswith(_ENDS)


def _flushed(text: str, paragraph: _Paragraph) -> Iterator[Segment]:
    """Yield the paragraph's segments and empty it."""
    lines = paragraph.lines
    if lines:
        width = max(line.end - line.start for line in lines)
        start = lines[0].start
        for line, following in pairwise(lines):
            if _is_end(text, line, following, width):
                yield Segment(start, line.end, is_prose=True)
                start = following.start
        yield Segment(start, lines[-1].end, is_prose=True)
    paragraph.lines = []
    paragraph.is_item = False


def _is_end(text: str, line: _Line, following: _Line, width: int) -> bool:
    if _RULE.match(text, following.start, following.end):
        return False
    if width > _WRAPPED_AT_MOST:
        return True
    before = text[line.start : line.end].rstrip()
    after = text[following.start : following.end].lstrip()
    runs_on = before.endswith(_RUNS_ON)
    if line.page_ends:
        goes_on = after[:1].islower() or len(before) > width * _SLACK < len(after)
        return not (goes_on and (before[-1:].isalpha() or runs_on))
    if runs_on or not _starts_fresh(after):
        return False
    word = _FIRST_WORD.match(after)
    return len(before) + 1 + len(word[0] if word else "") <= width * _SLACK


def _starts_fresh(line: str) -> bool:
    start = _FRESH_START.match(line)
    return start is not None and start[0][-1].isupper()
