"""Pictures and scans: recognised where the extra `ocr` is installed, refused with what to do where it is not."""

from __future__ import annotations

import io
import json
import struct
import zlib
from difflib import SequenceMatcher
from typing import Any

import pypdfium2
import pytest
from PIL import ExifTags, Image

from mcp_engine.errors import EngineError, InvalidInput, NotFound, TooLarge
from rag.parsing import wire
from rag.parsing.formats import scans
from rag.parsing.formats.dispatch import parse
from rag.parsing.formats.images import image_page, image_sizes
from rag.parsing.pool import ParserPool
from rag.sample.workspace import sample_documents
from tests.rag.pictures import LINES, needs_ocr, picture, saved, scanned_pdf

TEXT = "\n".join(LINES)


@needs_ocr
@pytest.mark.parametrize(
    ("kind", "name", "media_type"),
    [
        ("PNG", "scan.png", "image/png"),
        pytest.param("JPEG", "photo.jpg", "image/jpeg", marks=pytest.mark.slow),
        pytest.param("TIFF", "fax.tif", "image/tiff", marks=pytest.mark.slow),
        pytest.param("WEBP", "page", "image/webp", marks=pytest.mark.slow),
    ],
)
async def test_a_picture_of_text_is_read(pool: ParserPool, kind: str, name: str, media_type: str) -> None:
    document = await pool.parse(saved(picture(), kind), filename=name)
    assert (document.text, document.media_type) == (TEXT, media_type)
    assert document.parser.startswith("pillow/")
    assert "+rapidocr/" in document.parser
    assert [document.text[one.start : one.end] for one in document.lines] == list(LINES)
    first, second = document.lines
    # Drawn from 40 of 800 pixels on the left, 30 of 240 from the top and 75 the second.
    assert first.left == pytest.approx(0.05, abs=0.02)
    assert first.top < 40 / 240 < first.bottom < 75 / 240 + 0.03
    assert second.top < 85 / 240 < second.bottom


@needs_ocr
async def test_of_a_pdf_the_pages_without_text_are_recognised(pool: ParserPool) -> None:
    told: list[tuple[int, int]] = []

    async def report(done: int, total: int) -> None:
        told.append((done, total))

    raw = scanned_pdf("The text layer says this.", picture(), None, picture(["Another scanned line."]))
    document = await pool.parse(raw, filename="mixed.pdf", report=report)
    assert document.text.split("\f") == ["The text layer says this.", TEXT, "", "Another scanned line."]
    assert [document.page_at(one.start) for one in document.lines] == [2, 2, 4]
    assert told == [(0, 2), (1, 2)]
    assert document.parser.startswith("pdfium/")
    assert "+rapidocr/" in document.parser


@needs_ocr
async def test_each_page_of_a_tiff_is_a_page(pool: ParserPool) -> None:
    raw = saved(picture(["The first page."]), "TIFF", save_all=True, append_images=[picture(["The second page."])])
    document = await pool.parse(raw, filename="fax.tiff")
    assert document.text == "The first page.\fThe second page."
    assert [page.number for page in document.pages] == [1, 2]


@needs_ocr
@pytest.mark.parametrize("raw", [saved(Image.new("L", (90, 60), 128), "PNG"), scanned_pdf(Image.new("L", (90, 60)))])
async def test_a_picture_without_text_says_so(pool: ParserPool, raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="no line was recognised") as caught:
        await pool.parse(raw, filename="grey")
    assert caught.value.code == "document.no_text"


@pytest.mark.slow
@needs_ocr
async def test_a_picture_taken_upside_down_is_read_as_its_camera_says(pool: ParserPool) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # shown after a quarter turn
    raw = saved(picture().rotate(90, expand=True), "JPEG", exif=exif)
    assert (await pool.parse(raw, filename="turned.jpg")).text == TEXT
    (size,) = image_sizes(raw, filename="turned.jpg", media_type="image/jpeg")
    assert size.width > size.height


@pytest.mark.slow
@needs_ocr
async def test_a_scanned_page_of_a_speech_says_what_its_text_layer_says(pool: ParserPool) -> None:
    pdf: Any = pypdfium2.PdfDocument(sample_documents()["1941-franklin-d-roosevelt.pdf"])
    shown = pdf[2].render(scale=200 / 72).to_pil().convert("L")
    written = pdf[2].get_textpage().get_text_range().split()
    document = await pool.parse(saved(shown, "JPEG", quality=70), filename="speech.jpg")
    assert SequenceMatcher(None, written, document.text.split(), autojunk=False).ratio() > 0.9


@pytest.mark.parametrize("raw", [saved(picture(), "PNG"), scanned_pdf(picture())])
def test_without_the_extra_the_reason_says_how_to_install_it(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "DISTRIBUTION", "a-distribution-that-nobody-installed")
    with pytest.raises(InvalidInput, match=r"pip install 'mcp-engine\[ocr\]'") as caught:
        parse(raw, filename="scan")
    assert caught.value.code == "document.ocr_missing"
    mixed = parse(scanned_pdf("The text layer says this.", picture(), None, picture()), filename="mixed.pdf")
    assert mixed.text == "The text layer says this.\f\f\f", "what has a text is read all the same"
    assert (mixed.unread, mixed.missed) == ((), 2), "an empty page lacks nothing"
    message = wire.document_message(mixed)
    assert wire.document(json.loads(json.dumps(message.header)), message.blob) == mixed
    message.header["missed"] = 5
    with pytest.raises(ValueError, match="missed pages"):
        wire.document(json.loads(json.dumps(message.header)), message.blob)


def test_a_pdf_of_empty_pages_has_no_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(scanned_pdf(None, None), filename="empty.pdf")
    assert caught.value.code == "document.no_text"


def bomb(side: int) -> bytes:
    """Make a PNG that says it has `side` x `side` pixels, and holds next to none."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@needs_ocr
async def test_a_picture_that_unpacks_to_too_much_is_refused_before_it_does(pool: ParserPool) -> None:
    for task in (
        pool.parse(bomb(100_000), filename="bomb.png"),
        pool.page_sizes(bomb(100_000), filename="bomb.png"),
        pool.page_image(bomb(100_000), filename="bomb.png", page=1, width=100),
    ):
        with pytest.raises(TooLarge, match="60,000,000") as caught:
            await task
        assert caught.value.code == "document.too_many_pixels"


def test_every_page_of_a_tiff_is_measured() -> None:
    raw = saved(Image.new("1", (40, 40)), "TIFF", save_all=True, append_images=[Image.new("1", (60_001, 1_000))])
    with pytest.raises(TooLarge):
        image_page(raw, filename="a.tif", media_type="image/tiff", page=2, width=100)


@needs_ocr
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
async def test_a_damaged_picture_is_refused(pool: ParserPool, kind: str) -> None:
    raw = saved(picture(), kind)
    with pytest.raises(EngineError) as caught:
        await pool.parse(raw[: len(raw) // 2], filename=f"half.{kind.lower()}")
    assert caught.value.code == "document.corrupt"


@needs_ocr
async def test_too_many_scanned_pages_are_refused(pool: ParserPool) -> None:
    dot = Image.new("1", (2, 2))
    raw = saved(dot, "TIFF", save_all=True, append_images=[dot] * scans.MAX_RECOGNISED_PAGES)
    with pytest.raises(TooLarge) as caught:
        await pool.parse(raw, filename="many.tif")
    assert caught.value.code == "document.too_many_scanned_pages"


def test_what_is_transparent_is_shown_on_white() -> None:
    raw = saved(Image.new("RGBA", (30, 20), (0, 0, 0, 0)), "PNG")
    shown = image_page(raw, filename="a.png", media_type="image/png", page=1, width=300)
    assert (shown.width, shown.height) == (30, 20), "a picture is never blown up"
    assert Image.open(io.BytesIO(shown.png)).getpixel((3, 3)) == (255, 255, 255)
    with pytest.raises(NotFound):
        image_page(raw, filename="a.png", media_type="image/png", page=2, width=300)
