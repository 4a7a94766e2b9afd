"""One pool of parser processes for the folder, and PDFs made on the spot."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio
from reportlab.pdfgen.canvas import Canvas

from rag.parsing.pool import ParserPool

MakePdf = Callable[..., bytes]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool() -> AsyncIterator[ParserPool]:
    pool = ParserPool(processes=2, timeout_seconds=60)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def make_pdf() -> MakePdf:
    """Make a PDF with one list of lines a page; keywords go to reportlab's canvas."""

    def make(pages: Sequence[Sequence[str]], *, title: str | None = None, **options: Any) -> bytes:
        target = io.BytesIO()
        canvas = Canvas(target, **options)
        if title:
            canvas.setTitle(title)
        for lines in pages:
            for number, line in enumerate(lines):
                canvas.drawString(50, 800 - 14 * number, line)
            canvas.showPage()
        canvas.save()
        return target.getvalue()

    return make
