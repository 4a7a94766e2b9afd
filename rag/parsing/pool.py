"""Parser processes, started when needed and replaced when worn, hung or dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TypeVar

from mcp_engine.errors import TryLater
from rag.parsing import wire
from rag.parsing.formats.refusals import without_text
from rag.parsing.parsed import ParsedDocument
from rag.parsing.recognised import RecognisedPage, with_recognised
from rag.parsing.supervised import ParserProcess
from rag.parsing.viewed import Image, PageMarks, PageSize, Wanted

T = TypeVar("T")
Report = Callable[[int, int], Awaitable[None]]
DOCUMENTS_PER_PROCESS = 200
"""A process is replaced after this many documents, so that what a library leaks stays small."""


class ParserPool:
    """Parses documents in child processes: a crash or a hang takes one document with it, nothing else.

    Args:
        processes: how many documents are parsed at the same time; the others wait their turn.
        timeout_seconds: limit of one document, in wall-clock time and in CPU time.
        memory_bytes: address space of one process.
    """

    def __init__(self, *, processes: int = 2, timeout_seconds: float = 120.0, memory_bytes: int = 2 * 1024**3) -> None:
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._turns = asyncio.Semaphore(processes)
        self._idle: list[ParserProcess] = []
        self._busy: set[ParserProcess] = set()
        self._closed = False

    @property
    def busy_processes(self) -> list[int]:
        """Process ids of the children that have a document in work."""
        return [process.pid for process in self._busy]

    @property
    def idle_processes(self) -> list[int]:
        """Process ids of the children that wait for a document."""
        return [process.pid for process in self._idle]

    async def parse(
        self, content: bytes, *, filename: str, media_type: str | None = None, report: Report | None = None
    ) -> ParsedDocument:
        """Return the text of a document.

        The type is found by content first, then by the file name, then by `media_type`. Pictures and pages of scans
        are recognised one by one, and the limits of time hold for each of them.

        Args:
            report: is told before each page that is recognised how many are done, and of how many.

        Raises:
            InvalidInput: `document.empty`, `document.encrypted`, `document.corrupt`, `document.no_text`,
                `document.ocr_missing`, `document.parser_died`.
            TooLarge: `document.too_much_memory`, `document.too_much_text`, `document.unpacks_too_large`,
                `document.too_many_pixels`, `document.too_many_scanned_pages`.
            UnsupportedMedia: `document.unsupported`, `document.not_what_it_says`.
            TimedOut: `document.parse_timeout`.
            TryLater: `parsing.closed` when the pool is shutting down.
        """
        header = {"task": "parse", "filename": filename, "media_type": media_type}
        parsed = await self._ask(wire.Message(header, content), wire.document)
        if not parsed.unread:
            return parsed
        found: dict[int, RecognisedPage] = {}
        for done, page in enumerate(parsed.unread):
            if report is not None:
                await report(done, len(parsed.unread))
            request = wire.Message({"task": "recognise", "filename": filename, "page": page}, content)
            found[page] = await self._ask(request, wire.recognised)
        whole = with_recognised(parsed, found)
        if not whole.text.strip():
            raise without_text(filename, "no line was recognised in its pictures. Scan it anew, larger or sharper.")
        return whole

    async def page_sizes(self, content: bytes, *, filename: str) -> list[PageSize]:
        """Return the size of each page of a PDF; raises what `parse` raises."""
        return await self._ask(wire.Message({"task": "sizes", "filename": filename}, content), wire.sizes)

    async def page_image(self, content: bytes, *, filename: str, page: int, width: int) -> Image:
        """Return a page of a PDF (from 1) as a PNG `width` pixels wide, or narrower where its area is too large.

        Raises:
            NotFound: `document.page_not_found`.
            EngineError: what `parse` raises.
        """
        header = {"task": "image", "filename": filename, "page": page, "width": width}
        return await self._ask(wire.Message(header, content), wire.image)

    async def page_marks(self, content: bytes, *, filename: str, wanted: Sequence[Wanted]) -> list[PageMarks]:
        """Return the rectangles that pieces of text cover on their pages of a PDF; raises what `page_image` raises."""
        header = {"task": "marks", "filename": filename, "wanted": [asdict(piece) for piece in wanted]}
        return await self._ask(wire.Message(header, content), wire.marks)

    async def close(self) -> None:
        """End every child; documents in work fail with `document.parser_died`."""
        self._closed = True
        await asyncio.gather(*(process.stop() for process in (*self._busy, *self._idle)))
        self._idle.clear()

    async def _ask(self, request: wire.Message, carried: wire.Answer[T]) -> T:
        async with self._turns, self._process() as process:
            return await process.ask(request, carried, timeout_seconds=self._timeout_seconds)

    @asynccontextmanager
    async def _process(self) -> AsyncGenerator[ParserProcess]:
        """Lend a living child; one that did not answer in order is ended, never lent again."""
        process = await self._living()
        self._busy.add(process)
        try:
            yield process
        finally:
            self._busy.discard(process)
            if process.reusable and not self._closed and process.documents_parsed < DOCUMENTS_PER_PROCESS:
                self._idle.append(process)
            else:
                await process.stop()

    async def _living(self) -> ParserProcess:
        while not self._closed:
            if self._idle:
                process = self._idle.pop()
            else:
                process = await ParserProcess.start(self._memory_bytes, self._timeout_seconds)
            if process.reusable and not self._closed:
                return process
            await process.stop()
        raise TryLater("parsing.closed", "The server is shutting down; add the document again when it is back.")
