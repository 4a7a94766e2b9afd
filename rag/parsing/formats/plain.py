"""Plain text and Markdown: bytes to characters, and nothing else changed."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from rag.parsing.parsed import ParsedDocument, storable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")


class Heading(NamedTuple):
    start: int
    title: str
    level: int


def decode(content: bytes) -> str:
    """Return the characters of a text file.

    A byte order mark decides (UTF-8, UTF-16, UTF-32) and is dropped; without one it is UTF-8 when it
    is valid UTF-8, else Windows-1252 when every byte has a meaning there, else Latin-1. After a mark, bytes
    that mean nothing become U+FFFD. NUL and lone surrogates become U+FFFD (see `storable`).
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return storable(content[len(bom) :].decode(encoding, errors="replace"))
    for encoding in ("utf-8", "cp1252"):
        try:
            return storable(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    return storable(content.decode("latin-1"))


def parse_text(content: bytes) -> ParsedDocument:
    return ParsedDocument(decode(content), "text/plain", (), None, "text/1")


def parse_markdown(content: bytes) -> ParsedDocument:
    """Return the source as the text, so that offsets point into what people wrote."""
    text = decode(content)
    headings = markdown_headings(text)
    title = next((heading.title for heading in headings if heading.title), None)
    starts, levels = tuple(one.start for one in headings), tuple(one.level for one in headings)
    return ParsedDocument(text, "text/markdown", (), title, "markdown/1", starts, levels=levels)


def markdown_headings(text: str) -> list[Heading]:
    """Return each heading (CommonMark ATX and one-line setext), outside of code fences."""
    headings: list[Heading] = []
    fence = ""
    before: tuple[int, str] | None = None
    position = 0
    for line in text.splitlines(keepends=True):
        start, position, bare = position, position + len(line), line.rstrip("\r\n")
        opening = _FENCE.match(bare)
        if opening and (not fence or opening[1].startswith(fence)):
            fence, before = ("" if fence else opening[1]), None
        elif fence:
            continue
        elif heading := _HEADING.match(bare):
            headings.append(Heading(start, heading[2].strip(), len(heading[1])))
            before = None
        elif before and (rule := _SETEXT.match(bare)):
            headings.append(Heading(*before, 1 if rule[1].startswith("=") else 2))
            before = None
        else:
            # Only a single line of prose above the rule is a heading; more is a paragraph over a table or rule.
            before = (
                (start, bare.strip()) if bare.strip() and not before and not bare.lstrip().startswith("|") else None
            )
    return headings
