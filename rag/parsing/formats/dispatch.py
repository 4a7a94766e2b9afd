"""From bytes to a parsed document: find out what it is, then let that format's module read it.

A format's library is imported when its first document comes: a process that reads Markdown stays small.
"""

from __future__ import annotations

from mcp_engine.errors import InvalidInput
from rag.parsing.formats import detect as types
from rag.parsing.formats.languages import BY_TYPE
from rag.parsing.formats.limits import checked_length
from rag.parsing.formats.plain import parse_markdown, parse_text
from rag.parsing.formats.source import parse_source
from rag.parsing.parsed import ParsedDocument


def parse(content: bytes, *, filename: str, media_type: str | None = None) -> ParsedDocument:
    """Return the text of a document; for what it raises see `rag.parsing.pool.ParserPool.parse`."""
    detected = types.detect(content, filename=filename, media_type=media_type)
    match detected:
        case types.PDF:
            from rag.parsing.formats.pdf import parse_pdf

            return parse_pdf(content, filename=filename)
        case types.HTML:
            from rag.parsing.formats.html import parse_html

            return parse_html(content, filename=filename)
        case types.CSV | types.TSV:
            from rag.parsing.formats.delimited import parse_delimited

            return parse_delimited(content, filename=filename, media_type=detected)
        case types.EML:
            from rag.parsing.formats.mail import parse_eml

            return parse_eml(content, filename=filename)
        case types.PNG | types.JPEG | types.TIFF | types.WEBP:
            from rag.parsing.formats.images import parse_image

            return parse_image(content, filename=filename, media_type=detected)
        case types.DOCX | types.XLSX | types.PPTX | types.EPUB:
            return _unpacked(content, filename, detected)
        case _:
            return _verbatim(content, filename, detected)


def _unpacked(content: bytes, filename: str, detected: str) -> ParsedDocument:
    """Read what is a ZIP archive inside."""
    match detected:
        case types.DOCX:
            from rag.parsing.formats.word import parse_docx

            return parse_docx(content, filename=filename)
        case types.XLSX:
            from rag.parsing.formats.sheets import parse_xlsx

            return parse_xlsx(content, filename=filename)
        case types.PPTX:
            from rag.parsing.formats.slides import parse_pptx

            return parse_pptx(content, filename=filename)
        case _:
            from rag.parsing.formats.book import parse_epub

            return parse_epub(content, filename=filename)


def _verbatim(content: bytes, filename: str, detected: str) -> ParsedDocument:
    """Read what stays as it was written: Markdown, source code, plain text."""
    checked_length(len(content) // 4, filename)  # no encoding takes more bytes for a character
    if detected in BY_TYPE:
        document = parse_source(content, media_type=detected)
    else:
        document = parse_markdown(content) if detected == types.MARKDOWN else parse_text(content)
    checked_length(len(document.text), filename)
    if not document.text.strip():
        raise InvalidInput("document.no_text", f"{filename} holds white space only.")
    return document
