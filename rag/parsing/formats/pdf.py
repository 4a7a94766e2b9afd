"""PDF, by PDFium."""

from __future__ import annotations

from typing import Any, cast

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.limits import checked_length
from rag.parsing.formats.pdf_text import PageText
from rag.parsing.parsed import PAGE_BREAK, PageSpan, ParsedDocument, storable

_ERROR_PASSWORD = 4  # FPDF_ERR_PASSWORD
_TAIL_BYTES = 8 * 1024
_NO_TITLE = ("", "untitled")
_PARSER = f"pdfium/{cast(Any, pdfium).PDFIUM_INFO.build}"


def parse_pdf(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the text of all pages, joined by `PAGE_BREAK`, with the span of each page.

    Raises:
        InvalidInput: `document.encrypted`, `document.corrupt`, `document.no_text`.
        TooLarge: `document.too_much_text`.
    """
    pdf = opened_pdf(content, filename)
    try:
        pages = _pages(pdf, filename)
        metadata = cast("dict[str, str]", cast(Any, pdf).get_metadata_dict())
        title = storable(metadata.get("Title", "")).strip()
    finally:
        pdf.close()
    text = PAGE_BREAK.join(pages)
    if not text.strip():
        raise InvalidInput(
            "document.no_text",
            f"{filename} has {len(pages)} page(s) and no text: it is probably scanned. Text recognition (OCR) is not "
            "included; run it through an OCR program and add the result.",
        )
    return ParsedDocument(
        text, "application/pdf", _spans(pages), None if title.lower() in _NO_TITLE else title, _PARSER
    )


def opened_pdf(content: bytes, filename: str) -> pdfium.PdfDocument:
    try:
        pdf = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _ERROR_PASSWORD:
            raise InvalidInput(
                "document.encrypted", f"{filename} is protected by a password; save it without one and add it again."
            ) from error
        raise corrupt(filename, "it is damaged or cut off") from error
    # PDFium repairs a file that is cut off and then shows fewer pages; lost pages must not go unnoticed.
    if b"%%EOF" not in content[-_TAIL_BYTES:]:
        raise corrupt(filename, "its end is missing")
    if len(pdf) == 0:
        raise corrupt(filename, "it has no pages")
    return pdf


def _pages(pdf: pdfium.PdfDocument, filename: str) -> list[str]:
    pages: list[str] = []
    length = 0
    for number in range(len(pdf)):
        try:
            page = cast(Any, pdf)[number]
            text_page = page.get_textpage()
            raw = cast(str, text_page.get_text_range())
        except pdfium.PdfiumError as error:
            raise corrupt(filename, f"page {number + 1} can't be read") from error
        text_page.close()
        page.close()
        pages.append(PageText.of(raw).text)
        length = checked_length(length + len(pages[-1]) + len(PAGE_BREAK), filename)
    return pages


def _spans(pages: list[str]) -> tuple[PageSpan, ...]:
    spans: list[PageSpan] = []
    start = 0
    for number, page in enumerate(pages, start=1):
        spans.append(PageSpan(number, start, start + len(page)))
        start += len(page) + len(PAGE_BREAK)
    return tuple(spans)


def corrupt(filename: str, reason: str) -> InvalidInput:
    return InvalidInput("document.corrupt", f"{filename} can't be read as a PDF: {reason}. Save or download it again.")
