"""PDF pages to look at: their sizes, their images, and where a piece of their text stands on them."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from ctypes import byref, c_int
from typing import Any, cast

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
import pypdfium2.raw as raw_pdfium  # pyright: ignore[reportMissingTypeStubs]
from PIL import Image as Picture

from mcp_engine.errors import NotFound
from rag.parsing.formats.pdf import corrupt, opened_pdf
from rag.parsing.formats.pdf_text import PageText
from rag.parsing.viewed import Image, Mark, PageMarks, PageSize, Wanted

MAX_PIXELS = 16_000_000
"""A page that would be larger at the width asked for is made smaller."""
_GRID = 1_000_000
"""PDFium turns page coordinates into whole device units: enough of them that nothing is lost."""
_PNG_COMPRESSION = 4
_pdfium = cast(Any, raw_pdfium)


def page_sizes(content: bytes, *, filename: str) -> list[PageSize]:
    """Return width and height of each page in points (1/72 inch), as shown, so after its own rotation."""
    with _open(content, filename) as pdf:
        sizes = (pdf.get_page_size(place) for place in range(len(pdf)))
        return [PageSize(number, width, height) for number, (width, height) in enumerate(sizes, start=1)]


def page_image(content: bytes, *, filename: str, page: int, width: int) -> Image:
    """Return page `page` (from 1) as a PNG `width` pixels wide, or narrower where that would be too many pixels.

    Raises:
        NotFound: `document.page_not_found`.
    """
    with _page(content, filename, page) as shown:
        points_wide, points_high = shown.get_size()
        scale = width / points_wide
        scale = min(scale, (MAX_PIXELS / (points_wide * points_high)) ** 0.5)
        picture = shown.render(scale=scale).to_pil().convert("RGB")
    target = io.BytesIO()
    picture.save(target, "PNG", compress_level=_PNG_COMPRESSION)
    return Image(picture.width, picture.height, target.getvalue())


def page_picture(content: bytes, *, filename: str, page: int, side: int) -> Picture.Image:
    """Return a page as a picture whose longer side has `side` pixels."""
    with _page(content, filename, page) as shown:
        return shown.render(scale=side / max(shown.get_size())).to_pil().convert("RGB")


def page_marks(content: bytes, *, filename: str, wanted: Sequence[Wanted]) -> list[PageMarks]:
    """Return for each wanted piece of text the rectangles that it covers on its page, one a line.

    Where the page's text is not at the offsets what is wanted (another PDFium read it), it is looked for; what is
    not on the page has no rectangles.
    """
    marked: list[PageMarks] = []
    for piece in wanted:
        with _page(content, filename, piece.page) as shown:
            marked.append(PageMarks(piece.page, tuple(_marks(shown, piece))))
    return marked


def _marks(page: Any, wanted: Wanted) -> Iterator[Mark]:
    text_page = page.get_textpage()
    try:
        stored = PageText.of(cast(str, text_page.get_text_range()))
        start = wanted.start
        if stored.text[start : start + len(wanted.text)] != wanted.text:
            start = stored.text.find(wanted.text)
        if start < 0 or not wanted.text.strip():
            return
        first, last = stored.raw_range(start, start + len(wanted.text))
        first_char = _pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, first)
        last_char = _pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, last - 1)
        if first_char < 0 or last_char < first_char:
            return
        for place in range(text_page.count_rects(first_char, last_char - first_char + 1)):
            mark = _mark(page, text_page.get_rect(place))
            if mark.width > 0 and mark.height > 0:
                yield mark
    finally:
        text_page.close()


def _mark(page: Any, rectangle: tuple[float, float, float, float]) -> Mark:
    left, bottom, right, top = rectangle
    corners = [_shown_at(page, left, bottom), _shown_at(page, right, top)]
    (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*corners, strict=True))
    return Mark(x0, y0, x1 - x0, y1 - y0)


def _shown_at(page: Any, x: float, y: float) -> tuple[float, float]:
    """Return where a point of the page's own coordinates is shown: 0..1 from the left and the top."""
    shown_x, shown_y = c_int(), c_int()
    _pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, byref(shown_x), byref(shown_y))
    return min(max(shown_x.value / _GRID, 0.0), 1.0), min(max(shown_y.value / _GRID, 0.0), 1.0)


@contextmanager
def _open(content: bytes, filename: str) -> Generator[Any]:
    pdf = opened_pdf(content, filename)
    try:
        yield pdf
    except pdfium.PdfiumError as error:
        raise corrupt(filename, "a page can't be shown") from error
    finally:
        pdf.close()


@contextmanager
def _page(content: bytes, filename: str, number: int) -> Generator[Any]:
    with _open(content, filename) as pdf:
        if not 1 <= number <= len(pdf):
            raise NotFound("document.page_not_found", f"{filename} has pages 1 to {len(pdf)}; there is no {number}.")
        page = pdf[number - 1]
        try:
            yield page
        finally:
            page.close()
