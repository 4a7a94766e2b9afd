"""The durable job that makes a document version searchable."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import EngineError, Gone, InvalidInput, TimedOut, TryLater
from mcp_engine.jobs.context import JobContext, JobTakenAway
from mcp_engine.jobs.kinds import is_permanent
from mcp_engine.jobs.service import JobService
from mcp_engine.telemetry.gen_ai import embeddings_span
from mcp_engine.telemetry.tracing import span, tracer
from rag import facts
from rag.duplicates.grouping import Print
from rag.duplicates.marking import forget, mark
from rag.embedders.registry import Embedders
from rag.embedding import Embedder
from rag.index.repository import IndexRepository
from rag.indexing import Index, index_of
from rag.lost_support.job import recheck
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool, Report
from rag.reindexing.repository import ReindexingRepository
from rag.repository import DocumentRepository
from rag.stores.outbox import StoreOutbox
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategies import Strategies
from rag.strategy import DEFAULT_NAME, Strategy
from rag.tables import DocumentRow, ReadingRow, TextRow, VersionRow

INDEX: Final = "rag.index"
_DISK_FULL: Final = "53100"  # SQLSTATE disk_full
_tracer = tracer(__name__)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """What one job has to do."""

    version: VersionRow
    name: str
    namespace: str
    content: bytes
    strategy: Strategy
    strategy_digest: str
    embedder: Embedder


class IndexJob:
    """Parse, cut, embed, then one transaction that writes the index and makes the version the searched one.

    A repeat finds the reading of an earlier attempt and does nothing. A document that can't be read
    fails for good, and the reason stays with its version; a full disk or a lost database is repeated.
    """

    name = INDEX
    max_attempts = 5

    def __init__(
        self,
        parsers: ParserPool,
        embedders: Embedders,
        strategies: Strategies,
        jobs: JobService,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._parsers = parsers
        self._embedders = embedders
        self._strategies = strategies
        self._jobs = jobs
        self._outbox = StoreOutbox(jobs, store)

    async def run(self, context: JobContext) -> None:
        try:
            task = await self._task(context)
            if task is not None:
                await self._index(context, task)
        except EngineError as error:
            if is_permanent(error) and not isinstance(error, JobTakenAway):
                await self._keep_reason(context, error)
            raise
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _DISK_FULL:
                raise
            raise TryLater(
                "index.no_space",
                "The database has no disk space left; free some, and the job goes on by itself.",
                retry_after_seconds=30,
            ) from error

    async def _task(self, context: JobContext) -> _Task | None:
        async with context.unit_of_work() as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            version = await repository.version_by_id(context.subject_id)
            if version is None:
                raise InvalidInput("document.version_not_found", f"There is no document version {context.subject_id}.")
            if await repository.has_reading(version.id):
                await repository.set_indexing(version.id, "indexed")
                return None
            document, collection = await repository.document_of(version)
            if version.number <= document.removed_through:
                raise _removed()
            content = await repository.original(version.id)
            if content is None:
                raise _erased()
            await repository.set_indexing(version.id, "queued")  # an earlier failure is no longer the latest word
            resolved = await self._strategies.resolve_in(work, collection.namespace, DEFAULT_NAME)
        if collection.embedder is not None and collection.embedder_digest is not None:
            embedder = await self._embedders.of_index(collection.embedder, collection.embedder_digest)
        else:
            embedder = await self._embedders.named(resolved.strategy.embedder)
        return _Task(
            version, document.name, collection.namespace, content, resolved.strategy, resolved.version.digest, embedder
        )

    async def _index(self, context: JobContext, task: _Task) -> None:
        await context.progress(0, 0, "reading")

        async def recognising(done: int, total: int) -> None:
            await self._check_wanted(context, task.version)
            await context.progress(done, total, "recognising text")

        parsed = await self._parse(task, recognising)

        async def report(done: int, total: int) -> None:
            await self._check_wanted(context, task.version)
            await context.progress(done, total, "embedding")

        name, attributes = embeddings_span(task.embedder.provider, task.embedder.name)
        with span(_tracer, name, attributes=attributes):
            index = await index_of(parsed, task.strategy.chunking, task.embedder, report)
        async with context.unit_of_work() as work:
            await self._write(work, task, parsed, index)

    async def _check_wanted(self, context: JobContext, version: VersionRow) -> None:
        """Let a long embedding end as soon as its document is removed."""
        async with context.unit_of_work() as work:
            document, _ = await DocumentRepository(work.session, work.tenant_id).document_of(version)
            if version.number <= document.removed_through:
                raise _removed()

    async def _parse(self, task: _Task, report: Report) -> ParsedDocument:
        with span(_tracer, "parse"):
            try:
                return await self._parsers.parse(task.content, filename=task.name, report=report)
            except TimedOut as error:
                # The same bytes take as long the next time.
                raise InvalidInput(error.code, error.message) from error

    async def _write(self, work: UnitOfWork, task: _Task, parsed: ParsedDocument, index: Index) -> None:
        repository = DocumentRepository(work.session, work.tenant_id)
        document = await repository.lock_by_id(task.version.document_id)
        assert document is not None
        if not await repository.has_original(task.version.id):
            raise _erased()
        reading = ReadingRow(
            tenant_id=work.tenant_id, version_id=task.version.id, media_type=parsed.media_type, parser=parsed.parser,
            text_sha256=hashlib.sha256(parsed.text.encode()).hexdigest(), characters=len(parsed.text),
            pages=len(parsed.pages), unread_pages=parsed.missed, chunks=len(index.chunks), terms=index.terms,
            embedder_digest=task.embedder.digest, strategy_digest=task.strategy_digest,
        )  # fmt: skip
        pages = [[page.number, page.start, page.end] for page in parsed.pages]
        content = TextRow(
            tenant_id=work.tenant_id, version_id=task.version.id, text=parsed.text, title=parsed.title, pages=pages,
            lines=[list(astuple(line)) for line in parsed.lines],
        )  # fmt: skip
        await repository.insert_reading(reading, content)
        if _is_newest(document, task.version.number):
            print_ = Print(task.version.content_sha256, reading.text_sha256, index.minhash)
            await self._claim_collection(work, document.collection_id, task.embedder)
            await self._search_from_now(work, document, task.version, index, print_)
            chunking = task.strategy.chunking.model_dump(mode="json")
            await ReindexingRepository(work.session, work.tenant_id).note_cutting([task.version.id], chunking)
        await repository.set_indexing(task.version.id, "indexed")
        await facts.append_indexed(work, reading)

    async def _claim_collection(self, work: UnitOfWork, collection_id: UUID, embedder: Embedder) -> None:
        """Hold the collection until the transaction ends, and see that its vectors are of this embedder.

        Raises:
            TryLater: `index.embedder_changed` when the collection was switched to another one meanwhile.
        """
        collection = await ReindexingRepository(work.session, work.tenant_id).lock_collection(collection_id)
        if collection.embedder_digest is None:
            collection.embedder, collection.embedder_digest = embedder.name, embedder.digest
            collection.dimensions = embedder.dimensions
            await work.session.flush()
        elif collection.embedder_digest != embedder.digest:
            raise TryLater(
                "index.embedder_changed",
                "The collection was switched to another embedder meanwhile; the document is embedded once more.",
                retry_after_seconds=1,
            )

    async def _search_from_now(
        self, work: UnitOfWork, document: DocumentRow, version: VersionRow, index: Index, print_: Print
    ) -> None:
        repository, searched = DocumentRepository(work.session, work.tenant_id), IndexRepository(work.session)
        if document.searched_number is not None:
            before = await repository.version(document.id, document.searched_number)
            assert before is not None
            await searched.clear(document.collection_id, before.version.id)
            await self._outbox.note(work, [before.version.id])
            await ReindexingRepository(work.session, work.tenant_id).forget(before.version.id)
            await forget(work, document.collection_id, before.version.id)
        await searched.insert(work.tenant_id, document.collection_id, version.id, index.chunks, index.postings)
        await self._outbox.note(work, [version.id])
        await mark(work, document.collection_id, version.id, print_)
        await repository.set_searched(document.id, version.number)
        if version.number > 1:
            await recheck(work, self._jobs, document.id)

    async def _keep_reason(self, context: JobContext, error: EngineError) -> None:
        """Show the reason with the document; the job keeps it as well, so that failing here loses nothing."""
        try:
            async with context.unit_of_work() as work:
                await DocumentRepository(work.session, work.tenant_id).set_indexing(
                    context.subject_id, "failed", error_code=error.code, error_message=error.message
                )
        except Exception as failure:  # noqa: BLE001 - the first error is the one to report
            _log.warning("indexing_reason_not_kept", version_id=str(context.subject_id), exc_info=failure)


def _removed() -> Gone:
    return Gone("document.removed", "The document was removed before it was indexed.")


def _erased() -> Gone:
    return Gone("content.erased", "The document was erased before it was indexed.")


def _is_newest(document: DocumentRow, number: int) -> bool:
    """An older version, or one from before the removal, can still be opened but is not searched."""
    return number > max(document.searched_number or 0, document.removed_through)
