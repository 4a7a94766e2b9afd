"""Documents as they are looked at: pages as images, and what a piece of text covers on them."""

from __future__ import annotations

import hashlib
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, NotFound
from rag.collections import erased, find_version
from rag.parsing.formats.detect import IMAGES, PDF, picture_type
from rag.parsing.pool import ParserPool
from rag.parsing.recognised import marks
from rag.parsing.viewed import Wanted
from rag.repository import DocumentRepository
from rag.schemas import DocumentPage, DocumentPages, Highlight, Highlights, Rectangle
from rag.stored import StoredVersion

MAX_HIGHLIGHTED_CHARACTERS = 20_000
_PAGED = (PDF, *IMAGES)
_MAGIC = b"%PDF-"
_MAGIC_WITHIN_BYTES = 1024
_IMAGE_SETTINGS = "png/1"
"""Changes with how images are made, so that nobody is shown an older one."""


class ViewingService:
    """Shows stored versions.

    Args:
        parsers: a pool of its own, so that a page to look at never waits for a book that is being indexed.
    """

    def __init__(self, database: Database, parsers: ParserPool) -> None:
        self._database = database
        self._parsers = parsers

    async def pages(self, caller: Caller, document_id: UUID, number: int) -> DocumentPages:
        """Return the sizes of a version's pages and the text each holds; none for what has no pages.

        Raises:
            NotFound: `document.not_found`, `document.version_not_found`, `document.not_indexed`.
            Gone: `content.erased`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored, version = await find_version(repository, document_id, number)
            _checked_reading(version)
            found = await repository.text_of(version.version.id, 0, 0)
            if found is None:
                raise erased()
            if not (spans := found[1]):
                return DocumentPages(pages=[])
            content = await repository.original(version.version.id)
        if content is None:
            raise erased()
        sizes = await self._parsers.page_sizes(content, filename=stored.document.name)
        return DocumentPages(
            pages=[
                DocumentPage(number=size.number, width=size.width, height=size.height, start=start, end=end)
                for size, (_, start, end) in zip(sizes, spans, strict=False)
            ]
        )

    async def image_tag(self, caller: Caller, document_id: UUID, number: int, page: int, width: int) -> str:
        """Return what identifies the image of a page (an ETag without its quotes), as long as it may be shown.

        Raises:
            NotFound: `document.not_found`, `document.version_not_found`, `document.no_pages`.
            Gone: `content.erased`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored, version = await find_version(repository, document_id, number)
            if version.erased:
                raise erased()
        if version.reading is not None and version.reading.media_type not in _PAGED:
            raise _no_pages(stored.document.name)
        identity = f"{version.version.content_sha256}/{page}/{width}/{_IMAGE_SETTINGS}"
        return hashlib.sha256(identity.encode()).hexdigest()[:32]

    async def image(self, caller: Caller, document_id: UUID, number: int, page: int, width: int) -> bytes:
        """Return a page as a PNG `width` pixels wide; a very long page is made smaller.

        Raises:
            NotFound: `document.not_found`, `document.version_not_found`, `document.no_pages`,
                `document.page_not_found`.
            Gone: `content.erased`.
            EngineError: what `ParserPool.parse` raises.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored, version = await find_version(repository, document_id, number)
            content = await repository.original(version.version.id)
        if content is None:
            raise erased()
        name = stored.document.name
        if _MAGIC not in content[:_MAGIC_WITHIN_BYTES] and picture_type(content) is None:
            raise _no_pages(name)
        image = await self._parsers.page_image(content, filename=name, page=page, width=width)
        return image.png

    async def highlights(self, caller: Caller, document_id: UUID, number: int, start: int, end: int) -> Highlights:
        """Return what `text[start:end]` of a version covers on its pages; nothing for what has no pages.

        Raises:
            NotFound: `document.not_found`, `document.version_not_found`, `document.not_indexed`.
            InvalidInput: `document.bad_range`.
            Gone: `content.erased`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored, version = await find_version(repository, document_id, number)
            characters = _checked_reading(version)
            if not (0 <= start <= end <= characters and end - start <= MAX_HIGHLIGHTED_CHARACTERS):
                raise InvalidInput(
                    "document.bad_range",
                    f"Choose 0 <= start <= end <= {characters}, {MAX_HIGHLIGHTED_CHARACTERS:,} characters at most.",
                )
            found = await repository.text_of(version.version.id, start, end)
            if found is None:
                raise erased()
            if not (wanted := _wanted(*found, start, end)):
                return Highlights(highlights=[])
            lines = await repository.lines_of(version.version.id)
            content = await repository.original(version.version.id)
        if content is None:
            raise erased()
        marked = marks(lines, found[1], start, end)
        recognised = {page.number for page in marked}
        # Text that was not recognised stands in a PDF.
        if wanted := [piece for piece in wanted if piece.page not in recognised and piece.text.strip()]:
            marked += await self._parsers.page_marks(content, filename=stored.document.name, wanted=wanted)
            marked.sort(key=lambda page: page.number)
        return Highlights(
            highlights=[
                Highlight(
                    page=page.number,
                    rectangles=[
                        Rectangle(left=mark.left, top=mark.top, width=mark.width, height=mark.height)
                        for mark in page.marks
                    ],
                )
                for page in marked
            ]
        )

    async def close(self) -> None:
        await self._parsers.close()


def _wanted(text: str, pages: list[list[int]], start: int, end: int) -> list[Wanted]:
    """Return `text` (the document's `[start:end]`) cut at the pages' ends."""
    pieces: list[Wanted] = []
    for number, first, last in pages:
        begin, finish = max(first, start), min(last, end)
        if begin < finish:
            pieces.append(Wanted(number, begin - first, text[begin - start : finish - start]))
    return pieces


def _checked_reading(version: StoredVersion) -> int:
    """Return how many characters a version's text has, or raise `NotFound` (`document.not_indexed`)."""
    if version.reading is None:
        raise NotFound(
            "document.not_indexed",
            f"Version {version.version.number} has no text: its indexing is {version.state}. "
            f"{version.indexing.error_message or ''}".strip(),
        )
    return version.reading.characters


def _no_pages(name: str) -> NotFound:
    return NotFound("document.no_pages", f"{name} is no PDF and no picture, and has no pages; open its text.")
