"""From bytes to a parsed document: find out what it is, then let that format's module read it."""

from __future__ import annotations

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.plain import parse_markdown, parse_text
from rag.parsing.parsed import ParsedDocument


def parse(content: bytes, *, filename: str, media_type: str | None = None) -> ParsedDocument:
    if not content:
        raise InvalidInput("document.empty", f"{filename} holds nothing: it has zero bytes.")
    return parse_markdown(content) if filename.endswith((".md", ".markdown")) else parse_text(content)
