"""Pictures (PNG, JPEG, TIFF, WebP) as documents of pages, and as what a viewer shows of them, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager

import PIL
from PIL import ExifTags, ImageOps
from PIL import Image as Pictures

from mcp_engine.errors import NotFound, TooLarge
from rag.parsing.formats.refusals import damaged
from rag.parsing.formats.scans import checked_pages, require_installed
from rag.parsing.parsed import PAGE_BREAK, PageSpan, ParsedDocument
from rag.parsing.viewed import Image, PageSize

MAX_PIXELS = 60_000_000
"""Of one page: A4 at 600 pixels an inch has 35 million."""
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF", "image/webp": "WEBP"}
_PIXELS_PER_INCH = 150
_POINTS_PER_INCH = 72
_PNG_COMPRESSION = 4
_ANY = 1_000_000
_LYING = 5
"""Orientations from this one on turn a picture on its side (Exif 2.32, 4.6.4)."""
_ANIMATED = ("image/png", "image/webp")


def parse_image(content: bytes, *, filename: str, media_type: str) -> ParsedDocument:
    """Return a document of empty pages that wait for recognition: one, or those of a TIFF.

    Raises:
        InvalidInput: `document.ocr_missing`, `document.corrupt`.
        TooLarge: `document.too_many_pixels`, `document.too_many_scanned_pages`.
    """
    require_installed(filename, "a picture")
    with _opened(content, filename, media_type) as picture:
        count = _count(picture, media_type)
    checked_pages(count, filename)
    return ParsedDocument(
        PAGE_BREAK * (count - 1), media_type, tuple(PageSpan(place + 1, place, place) for place in range(count)), None,
        f"pillow/{PIL.__version__}", unread=tuple(range(1, count + 1)),
    )  # fmt: skip


def image_sizes(content: bytes, *, filename: str, media_type: str) -> list[PageSize]:
    """Return width and height of each page in points, as if it were printed at 150 pixels an inch."""
    sizes: list[PageSize] = []
    with _opened(content, filename, media_type) as picture:
        for place in range(_count(picture, media_type)):
            picture.seek(place)
            width, height = picture.size
            if _is_lying(picture):
                width, height = height, width
            scale = _POINTS_PER_INCH / _PIXELS_PER_INCH
            sizes.append(PageSize(place + 1, width * scale, height * scale))
    return sizes


def image_page(content: bytes, *, filename: str, media_type: str, page: int, width: int) -> Image:
    """Return a page as a PNG, `width` pixels wide or as wide as it is; raises `NotFound` as for a PDF."""
    picture = picture_of(content, filename=filename, media_type=media_type, page=page, most=(width, _ANY))
    target = io.BytesIO()
    picture.save(target, "PNG", compress_level=_PNG_COMPRESSION)
    return Image(picture.width, picture.height, target.getvalue())


def picture_of(content: bytes, *, filename: str, media_type: str, page: int, most: tuple[int, int]) -> Pictures.Image:
    """Return a page upright, on white where it is transparent, and not larger than `most` (width and height).

    Raises:
        NotFound: `document.page_not_found`.
        InvalidInput: `document.corrupt`.
        TooLarge: `document.too_many_pixels`.
    """
    with _opened(content, filename, media_type) as picture:
        count = _count(picture, media_type)
        if not 1 <= page <= count:
            raise NotFound("document.page_not_found", f"{filename} has pages 1 to {count}; there is no {page}.")
        picture.seek(page - 1)
        _check_pixels(picture, filename)
        # Made small first: what follows copies it more than once.
        small = _in_full_colours(picture)
        width, height = most
        small.thumbnail((height, width) if _is_lying(picture) else (width, height), Pictures.Resampling.LANCZOS)
        return _on_white(ImageOps.exif_transpose(small))


def _in_full_colours(picture: Pictures.Image) -> Pictures.Image:
    """Return a picture whose pixels can be mixed: with a palette, or in black and white alone, they can't."""
    if picture.mode.startswith("I;16"):
        return picture.point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("1", "P", "PA"):
        return picture.convert("L" if picture.mode == "1" else "RGBA")
    return picture


def _on_white(picture: Pictures.Image) -> Pictures.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    shown = picture.convert("RGBA")
    return Pictures.alpha_composite(Pictures.new("RGBA", shown.size, "white"), shown).convert("RGB")


def _is_lying(picture: Pictures.Image) -> bool:
    return picture.getexif().get(ExifTags.Base.Orientation, 1) >= _LYING


def _count(picture: Pictures.Image, media_type: str) -> int:
    return 1 if media_type in _ANIMATED else int(getattr(picture, "n_frames", 1))


def _check_pixels(picture: Pictures.Image, filename: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise TooLarge(
            "document.too_many_pixels",
            f"{filename} has {width:,} x {height:,} pixels; a picture has {MAX_PIXELS:,} at most. Save it smaller.",
            details={"limit": MAX_PIXELS},
        )


@contextmanager
def _opened(content: bytes, filename: str, media_type: str) -> Generator[Pictures.Image]:
    """Open a picture as what it is and nothing else; its pixels are read once its size is known to be bearable."""
    # Ours comes first, and says what to do.
    Pictures.MAX_IMAGE_PIXELS = None
    try:
        with Pictures.open(io.BytesIO(content), formats=[_FORMATS[media_type]]) as picture:
            _check_pixels(picture, filename)
            yield picture
    except (OSError, SyntaxError, ValueError, EOFError, Pictures.DecompressionBombError) as error:
        raise damaged(filename, "a picture") from error
