"""Images of pages, and where text stands on them, checked by reading back what lies under the marks."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, cast

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture
from reportlab.pdfgen.canvas import Canvas

from mcp_engine.errors import InvalidInput, NotFound
from rag.parsing.formats.pdf import parse_pdf
from rag.parsing.formats.pdf_pages import MAX_PIXELS, page_image, page_marks, page_sizes
from rag.parsing.formats.pdf_text import PageText
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool
from rag.parsing.viewed import Mark, Wanted
from rag.sample.workspace import sample_documents
from rag.sentences import split_sentences

MakePdf = Callable[..., bytes]
LINES = ["The lighthouse of Karsund was built in 1874.", "It stands 41 metres high on the northern cliff."]
ROTATIONS = (0, 90, 180, 270)


def under(content: bytes, page: int, marks: Sequence[Mark]) -> str:
    """Return the letters and digits that PDFium finds under marks of a page that is not rotated."""
    pdf = pdfium.PdfDocument(content)
    shown = cast(Any, pdf)[page - 1]
    width, height = shown.get_size()
    text_page = shown.get_textpage()
    found = [
        text_page.get_text_bounded(
            mark.left * width - 0.1, height * (1 - mark.top - mark.height) - 0.1,
            (mark.left + mark.width) * width + 0.1, height * (1 - mark.top) + 0.1,
        )
        for mark in marks
    ]  # fmt: skip
    pdf.close()
    return letters("".join(found))


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def wanted(document: ParsedDocument, start: int, end: int) -> Wanted:
    page = document.page_at(start)
    assert page is not None
    return Wanted(page, start - document.pages[page - 1].start, document.text[start:end])


@pytest.mark.parametrize("name", [name for name in sample_documents() if name.endswith(".pdf")])
def test_marks_lie_on_the_sentences_of_real_documents(name: str) -> None:
    content = sample_documents()[name].read_bytes()
    document = parse_pdf(content, filename=name)
    spans = [s for s in split_sentences(document.text) if document.page_at(s.start) == document.page_at(s.end - 1)]
    pieces = [wanted(document, span.start, span.end) for span in spans[::25]]
    for piece, page in zip(pieces, page_marks(content, filename=name, wanted=pieces), strict=True):
        assert page.marks
        assert letters(piece.text) in under(content, piece.page, page.marks)
        assert sum(mark.width * mark.height for mark in page.marks) < 0.6


@given(raw=st.text(alphabet="aB1- \ufffe\r\n\f\x00é", max_size=30), data=st.data())
def test_every_piece_of_cleaned_text_is_found_again_in_the_raw_text(raw: str, data: st.DataObject) -> None:
    page = PageText.of(raw)
    text = page.text
    assert not {"\r", "\f", "\ufffe", "\x00"} & set(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = page.raw_range(start, end)
    assert 0 <= first <= last <= len(raw)
    assert letters(raw[first:last]) == letters(text[start:end])


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_marks_follow_the_rotation_of_a_page(rotation: int) -> None:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(600, 800))
    canvas.setPageRotation(rotation)
    canvas.drawString(60, 500, LINES[0])
    canvas.save()
    content = target.getvalue()
    (page,) = page_marks(content, filename="a.pdf", wanted=[Wanted(1, 0, LINES[0])])
    (mark,) = page.marks
    image = Picture.open(io.BytesIO(page_image(content, filename="a.pdf", page=1, width=600).png)).convert("L")
    dark = image.point(lambda level: 255 if level < 128 else 0).getbbox()
    assert dark is not None
    shown = (mark.left, mark.top, mark.left + mark.width, mark.top + mark.height)
    for side, (ink, size) in zip(shown, zip(dark, (*image.size, *image.size), strict=True), strict=True):
        assert side * size == pytest.approx(ink, abs=3)


async def test_a_page_becomes_a_picture_of_the_width_asked_for(pool: ParserPool, make_pdf: MakePdf) -> None:
    content = make_pdf([LINES, ["Second page."]])
    (first, second) = await pool.page_sizes(content, filename="a.pdf")
    image = await pool.page_image(content, filename="a.pdf", page=2, width=500)
    assert image.width == pytest.approx(500, abs=1)
    assert image.height == pytest.approx(500 * second.height / first.width, abs=1)
    assert Picture.open(io.BytesIO(image.png)).size == (image.width, image.height)


async def test_a_page_beyond_the_last_does_not_exist(pool: ParserPool, make_pdf: MakePdf) -> None:
    content = make_pdf([LINES])
    for number in (0, 2):
        with pytest.raises(NotFound, match="pages 1 to 1") as caught:
            await pool.page_image(content, filename="a.pdf", page=number, width=500)
        assert caught.value.code == "document.page_not_found"


def test_a_giant_page_is_made_smaller() -> None:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(10, 14_000))
    canvas.drawString(1, 100, "x")
    canvas.save()
    image = page_image(target.getvalue(), filename="long.pdf", page=1, width=2400)
    assert image.width * image.height <= MAX_PIXELS * 1.02
    assert page_sizes(target.getvalue(), filename="long.pdf")[0].height == 14_000


async def test_text_that_moved_is_found_and_text_that_is_not_there_is_not_marked(
    pool: ParserPool, make_pdf: MakePdf
) -> None:
    content = make_pdf([LINES])
    pieces = [Wanted(1, 3, LINES[1]), Wanted(1, 0, "Nobody wrote this."), Wanted(1, 0, "  ")]
    moved, absent, blank = await pool.page_marks(content, filename="a.pdf", wanted=pieces)
    assert under(content, 1, moved.marks) == letters(LINES[1])
    assert (absent.marks, blank.marks) == ((), ())


async def test_what_is_no_pdf_has_no_pages(pool: ParserPool) -> None:
    with pytest.raises(InvalidInput) as caught:
        await pool.page_sizes(b"Just text.", filename="a.txt")
    assert caught.value.code == "document.corrupt"
