"""From bytes to a parsed document: find out what it is, then let that format's module read it."""

from __future__ import annotations

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.detect import DOCX, HTML, MARKDOWN, PDF, detect
from rag.parsing.formats.limits import checked_length
from rag.parsing.formats.plain import parse_markdown, parse_text
from rag.parsing.parsed import ParsedDocument


def parse(content: bytes, *, filename: str, media_type: str | None = None) -> ParsedDocument:
    """Return the text of a document; for what it raises see `rag.parsing.pool.ParserPool.parse`.

    A format's library is imported when its first document comes: a process that reads Markdown stays small.
    """
    detected = detect(content, filename=filename, media_type=media_type)
    if detected == PDF:
        from rag.parsing.formats.pdf import parse_pdf

        return parse_pdf(content, filename=filename)
    if detected == DOCX:
        from rag.parsing.formats.word import parse_docx

        return parse_docx(content, filename=filename)
    if detected == HTML:
        from rag.parsing.formats.html import parse_html

        return parse_html(content, filename=filename)
    document = parse_markdown(content) if detected == MARKDOWN else parse_text(content)
    checked_length(len(document.text), filename)
    if not document.text.strip():
        raise InvalidInput("document.no_text", f"{filename} holds white space only.")
    return document
