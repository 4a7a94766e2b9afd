"""PDF, by PDFium."""

from __future__ import annotations

from typing import Any, cast

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
import pypdfium2.raw as raw_pdfium  # pyright: ignore[reportMissingTypeStubs]

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.limits import checked_length
from rag.parsing.formats.pdf_text import PageText
from rag.parsing.formats.refusals import without_text
from rag.parsing.formats.scans import checked_pages, installed, require_installed
from rag.parsing.parsed import PAGE_BREAK, PageSpan, ParsedDocument, storable

_pdfium = cast(Any, raw_pdfium)
_ERROR_PASSWORD = 4  # FPDF_ERR_PASSWORD
_TAIL_BYTES = 8 * 1024
_NO_TITLE = ("", "untitled")
_PARSER = f"pdfium/{cast(Any, pdfium).PDFIUM_INFO.build}"


def parse_pdf(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the text of all pages, joined by `PAGE_BREAK`, with the span of each page.

    Pages that show something and have no text wait for recognition; where that is not installed they are `missed`.

    Raises:
        InvalidInput: `document.encrypted`, `document.corrupt`, `document.no_text`, `document.ocr_missing`.
        TooLarge: `document.too_much_text`, `document.too_many_scanned_pages`.
    """
    pdf = opened_pdf(content, filename)
    unread: list[int] = []
    try:
        pages = _pages(pdf, filename, unread)
        metadata = cast("dict[str, str]", cast(Any, pdf).get_metadata_dict())
        title = storable(metadata.get("Title", "")).strip()
    finally:
        pdf.close()
    text = PAGE_BREAK.join(pages)
    if not text.strip():
        if not unread:
            raise without_text(filename, f"its {len(pages)} page(s) are empty. Save it again from where it comes from.")
        require_installed(filename, f"a scan of {len(pages)} page(s) without text")
    missed = 0
    if installed() is None:
        unread, missed = [], len(unread)
    checked_pages(len(unread), filename)
    return ParsedDocument(
        text, "application/pdf", _spans(pages), None if title.lower() in _NO_TITLE else title, _PARSER,
        unread=tuple(unread), missed=missed,
    )  # fmt: skip


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


def _pages(pdf: pdfium.PdfDocument, filename: str, unread: list[int]) -> list[str]:
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
        pages.append(PageText.of(raw).text)
        if not pages[-1].strip() and _pdfium.FPDFPage_CountObjects(page) > 0:
            unread.append(number + 1)
        page.close()
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
