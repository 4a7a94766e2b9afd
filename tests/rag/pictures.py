"""Pictures of text, as a scanner or a camera makes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

needs_ocr = pytest.mark.skipif(find_spec("rapidocr") is None, reason="the extra `ocr` is not installed")
LINES = ("The lighthouse of Karsund was built", "in 1874 by Ingrid Solberg.")
SIZE = (800, 240)


def picture(lines: Sequence[str] = LINES, size: tuple[int, int] = SIZE) -> Image.Image:
    """Draw black lines on white, the first 30 pixels from the top and each 45 below the one before."""
    made = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(28)
    for place, line in enumerate(lines):
        pen.text((40, 30 + 45 * place), line, fill="black", font=font)
    return made


def saved(made: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    made.save(target, kind, **options)
    return target.getvalue()


def scanned_pdf(*pages: Image.Image | str | None) -> bytes:
    """Make a PDF: a picture fills its page, a text is written on it, and None is a page with nothing on it."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(800, 240))
    for page in pages:
        if isinstance(page, str):
            canvas.drawString(40, 180, page)
        elif page is not None:
            reader: Any = ImageReader(page)
            canvas.drawImage(reader, 0, 0, 800, 240)
        canvas.showPage()
    canvas.save()
    return target.getvalue()
