"""Source code: the file as it is, with the places where its definitions begin."""

from __future__ import annotations

from rag.parsing.formats.languages import BY_TYPE, Language
from rag.parsing.formats.plain import decode
from rag.parsing.parsed import ParsedDocument
from rag.stretches import Stretch

_PARSER = "code/1"
_MAX_LINE_CHARACTERS = 500
"""Longer lines are data or were written by a program; none is looked at for a definition."""


def parse_source(content: bytes, *, media_type: str) -> ParsedDocument:
    """Return the source as the text; a block of lines between blank ones stays together."""
    text = decode(content)
    headings = tuple(definitions(text, BY_TYPE[media_type]))
    return ParsedDocument(text, media_type, (), None, _PARSER, headings, (Stretch(0, len(text), "code"),))


def definitions(text: str, language: Language) -> list[int]:
    """Return where definitions at the margin begin, with the comments and decorators right above them.

    Takes time linear in the length of `text`.
    """
    if language.definition is None:
        return []
    found: list[int] = []
    lead: int | None = None
    position = 0
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        if line.startswith(language.leads) and not language.definition.match(line):
            lead = start if lead is None else lead
            continue
        if len(line) <= _MAX_LINE_CHARACTERS and language.definition.match(line):
            found.append(start if lead is None else lead)
        lead = None
    return found
