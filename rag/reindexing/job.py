"""The durable job that makes another index of a collection, and puts it in the place of the old one."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import EngineError, InvalidInput, TimedOut
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.kinds import is_permanent
from mcp_engine.jobs.service import JobService
from rag.embedders.known import KnownVectors
from rag.embedders.registry import Embedders
from rag.embedding import Embedder, unpacked
from rag.indexing import Index, index_of, readings
from rag.parsing.parsed import PageSpan, ParsedDocument
from rag.parsing.pool import ParserPool
from rag.parsing.recognised import was_recognised
from rag.reindexing import facts
from rag.reindexing.repository import OldSentences, ReindexingRepository, Searched, StoredText
from rag.reindexing.tables import ReindexingRow
from rag.repository import DocumentRepository
from rag.sentences import Span
from rag.stores.outbox import StoreOutbox
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategy import Chunking

REINDEX: Final = "rag.reindex"
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Source:
    """What one version's new chunks are made of; the vectors of the `old` sentences stay right."""

    content: bytes
    stored: StoredText
    old: list[OldSentences]


class ReindexJob:
    """Makes the new chunks of one version after the other, then switches over in one transaction.

    A repeat goes on with the versions that are left. Documents that are added meanwhile are indexed as before, and
    their new chunks are made before the switch-over; those that are removed are left out.
    """

    name = REINDEX
    max_attempts = 20

    def __init__(
        self, parsers: ParserPool, embedders: Embedders, jobs: JobService, store: VectorStore = POSTGRESQL
    ) -> None:
        self._parsers = parsers
        self._embedders = embedders
        self._outbox = StoreOutbox(jobs, store)

    async def run(self, context: JobContext) -> None:
        """Raises what the embedder raises, and `InvalidInput` (`reindexing.embedder_changed`)."""
        row = await self._row(context)
        if row.switched_at is not None:
            return
        embedder = await self._embedders.named(row.embedder)
        if embedder.digest != row.embedder_digest:
            raise InvalidInput(
                "reindexing.embedder_changed", f"The embedder {row.embedder!r} was changed meanwhile; start again."
            )
        while not await self._switch(context, row):
            while left := await self._left(context, row):
                for one in left:
                    await self._make(context, row, one, embedder)

    async def _row(self, context: JobContext) -> ReindexingRow:
        async with context.unit_of_work() as work:
            stored = await ReindexingRepository(work.session, work.tenant_id).get(context.subject_id)
        if stored is None:
            raise InvalidInput("reindexing.not_found", f"There is no re-indexing {context.subject_id}.")
        return stored.row

    async def _left(self, context: JobContext, row: ReindexingRow) -> list[Searched]:
        async with context.unit_of_work() as work:
            return await ReindexingRepository(work.session, work.tenant_id).left(row, _AT_ONCE)

    async def _make(self, context: JobContext, row: ReindexingRow, one: Searched, embedder: Embedder) -> None:
        source = await self._source(context, row, one)
        if source is None:
            return
        document = await self._document(source, one.name)
        known = await asyncio.to_thread(_known, document, source.old, embedder.dimensions)

        async def report(done: int, total: int) -> None:
            # Nor a name in any error: everyone sees the job of a collection, and not everyone each document of it.
            await self._report(context, row, f"one document: {done} of {total}")

        chunking, of_sentences = Chunking.model_validate(row.chunking), KnownVectors(embedder, known)
        index = await index_of(document, chunking, embedder, report, of_sentences)
        async with context.unit_of_work() as work:
            await self._stage(work, row, one, index)

    async def _source(self, context: JobContext, row: ReindexingRow, one: Searched) -> _Source | None:
        """Return what a version's chunks are made of; None when it was erased meanwhile."""
        async with context.unit_of_work() as work:
            repository = ReindexingRepository(work.session, work.tenant_id)
            stored = await repository.stored_text(one.version_id)
            content = await DocumentRepository(work.session, work.tenant_id).original(one.version_id)
            if stored is None or content is None:
                return None
            return _Source(content, stored, await repository.old_sentences(one.version_id, row))

    async def _document(self, source: _Source, name: str) -> ParsedDocument:
        """Return a version with its headings and tables, as long as its parser still reads the same text.

        Else it is cut without them: citations point into the text that was stored.
        """
        stored = source.stored
        pages = tuple(PageSpan(*page) for page in stored.pages)
        as_stored = ParsedDocument(stored.text, stored.media_type, pages, stored.title, stored.parser)
        if was_recognised(stored.parser):
            # It has no headings and no tables, and reading it again takes long.
            return as_stored
        try:
            parsed = await self._parsers.parse(source.content, filename=name)
        except EngineError as error:
            # The same bytes take as long the next time.
            if not is_permanent(error) and not isinstance(error, TimedOut):
                raise
            parsed = None
        if parsed is not None and _digest(parsed.text) == _digest(stored.text):
            return parsed
        return as_stored

    async def _stage(self, work: UnitOfWork, row: ReindexingRow, one: Searched, index: Index) -> None:
        """Keep what was made, unless another version is searched by now, or none."""
        documents = DocumentRepository(work.session, work.tenant_id)
        document = await documents.lock_by_id(one.document_id)
        version = await documents.version_by_id(one.version_id)
        if document is not None and version is not None and document.searched_number == version.number:
            await ReindexingRepository(work.session, work.tenant_id).stage(row.id, one.version_id, index)

    async def _report(self, context: JobContext, row: ReindexingRow, note: str) -> None:
        async with context.unit_of_work() as work:
            done, left = await ReindexingRepository(work.session, work.tenant_id).counts(row)
        await context.progress(done, done + left, note)

    async def _switch(self, context: JobContext, row: ReindexingRow) -> bool:
        """Put the new index in place; False when it is not complete."""
        async with context.unit_of_work() as work:
            repository = ReindexingRepository(work.session, work.tenant_id)
            # In this order everywhere: documents, then their collection.
            await DocumentRepository(work.session, work.tenant_id).lock_present(row.collection_id)
            await repository.lock_collection(row.collection_id)
            if await repository.left(row, 1):
                return False
            changed = await repository.switch(row)
            await self._outbox.note(work, changed, stale_collection_id=row.collection_id)
            await facts.append_switched(work, row, len(changed))
        await context.progress(len(changed), len(changed), "searched from now on")
        return True


def _known(document: ParsedDocument, old: list[OldSentences], dimensions: int) -> dict[str, npt.NDArray[np.float32]]:
    """Return by text the vectors of sentences that the same embedder has embedded before."""
    reading = readings(document)
    known: dict[str, npt.NDArray[np.float32]] = {}
    for chunk in old:
        rows = unpacked(chunk.vectors, dimensions)
        for start, end, vector in zip(chunk.starts, chunk.ends, rows, strict=True):
            known[reading(Span(start, end))] = vector
    return known


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
