"""Documents: adding, listing, opening, removing, searching."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotFound, TooLarge
from mcp_engine.http.paging import Page, bad_cursor, decode_cursor, page_of
from mcp_engine.identifiers import checked_name
from mcp_engine.identity.namespaces import require_namespace
from mcp_engine.jobs.service import JobService
from mcp_engine.telemetry.tracing import span, tracer
from rag.adding import RETRIED, add_content, again, check_size, has_unread_pages
from rag.collections import (
    checked_document_name,
    erased,
    find_collection,
    find_version,
    name_taken,
    no_document,
)
from rag.connectors.removal import remove_sources
from rag.metadata.setting import describe
from rag.metadata.values import Metadata
from rag.pages import Pages
from rag.parsing.formats.scans import require_installed
from rag.passages import passages_of
from rag.readers.schemas import ReadersIn
from rag.readers.setting import restrict
from rag.removal import erase_contents, take_out
from rag.repository import DocumentRepository
from rag.retrieval import retrieve
from rag.schemas import Added, Collection, Document, DocumentDetail, Passage, VersionText
from rag.searching import Searching
from rag.stored import EVERY_DOCUMENT, DocumentFilter
from rag.stores.outbox import StoreOutbox
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategy import Filters, Retrieval
from rag.views import collection_view, document_view, version_view

MAX_QUERY_CHARACTERS = 4000
MAX_TEXT_CHARACTERS = 100_000
"""How much of a text one call opens."""
_tracer = tracer(__name__)


class DocumentService:
    """The rules of collections and documents.

    Args:
        max_upload_bytes: the largest document taken in.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobService,
        searching: Searching,
        *,
        max_upload_bytes: int,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._searching = searching
        self._store = store
        self._outbox = StoreOutbox(jobs, store)
        self.max_upload_bytes = max_upload_bytes

    async def add(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        name: str,
        content: bytes,
        readers: ReadersIn | None = None,
        metadata: Metadata | None = None,
    ) -> Added:
        """Keep `content` as the document `name`, making the collection when it is new.

        The same bytes as the latest version change nothing. Other bytes become the next version,
        which is searched as soon as its job has indexed it; until then search finds the version before.
        When this returns, the version and its job are durable.

        Args:
            readers: who alone may read the document, from the same commit on; None leaves its list as it is, and a
                new document to everyone in the tenant.
            metadata: by which searches are narrowed, in place of what the document had; None leaves it as it is.

        Raises:
            InvalidInput: `name.invalid`, `document.name_invalid`, `document.empty`.
            TooLarge: `document.too_large`.
            NotFound: `namespace.not_found`, `principal.not_found`, `group.not_found`.
            Conflict: `document.name_taken` by one that the caller may not read, `readers.shuts_you_out`.
        """
        checked_name(collection, what="collection")
        checked_document_name(name)
        check_size(name, content, self.max_upload_bytes)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        async with self._work(caller) as work:
            await require_namespace(work, namespace)
            repository = DocumentRepository(work.session, work.tenant_id)
            place = await repository.ensure_collection(namespace, collection)
            document = await repository.lock_document(place.id, name)
            if document is None:
                raise name_taken(name)
            if readers is not None:
                await restrict(work, document, readers)
            if metadata is not None:
                await describe(work, document, metadata)
            outcome, job_id = await add_content(work, self._jobs, place, document, content, sha256)
            stored = await repository.document(document.id)
            assert stored is not None
            return Added(outcome=outcome, document=document_view(stored), job_id=job_id)

    async def collections(self, caller: Caller, namespace: str, cursor: str | None, limit: int) -> Page[Collection]:
        after = _name_in(cursor)
        async with self._work(caller) as work:
            await require_namespace(work, namespace)
            repository = DocumentRepository(work.session, work.tenant_id)
            rows = await repository.collections(namespace, after, limit + 1)
        found = [collection_view(row) for row in rows]
        return page_of(found, limit, lambda one: (one.name,))

    async def list(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        cursor: str | None,
        limit: int,
        wanted: DocumentFilter = EVERY_DOCUMENT,
    ) -> Page[Document]:
        """Return documents by name.

        Raises:
            NotFound: `collection.not_found`.
        """
        after = _name_in(cursor)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = DocumentRepository(work.session, work.tenant_id)
            rows = await repository.documents(place.id, wanted, after, limit + 1)
        return page_of([document_view(row) for row in rows], limit, lambda one: (one.name,))

    async def get(self, caller: Caller, document_id: UUID) -> DocumentDetail:
        """Return a document, removed or not, with all its versions.

        Raises:
            NotFound: `document.not_found`.
        """
        async with self._work(caller) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored = await repository.document(document_id)
            if stored is None:
                raise no_document(document_id)
            versions = await repository.versions(document_id)
        return DocumentDetail(**document_view(stored).model_dump(), versions=[version_view(one) for one in versions])

    async def remove(self, caller: Caller, document_id: UUID) -> Document:
        """Take a document out of search; its versions stay, so that citations of it still open.

        Removing it again changes nothing.

        Raises:
            NotFound: `document.not_found`.
        """
        async with self._work(caller) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            row = await repository.lock_by_id(document_id)
            if row is None:
                raise no_document(document_id)
            await take_out(work, self._jobs, self._outbox, row)
            stored = await repository.document(document_id)
            assert stored is not None
            return document_view(stored)

    async def remove_collection(self, caller: Caller, namespace: str, collection: str) -> int:
        """Take all documents of a collection that the caller may read out of search and return how many.

        Its sources are removed with them. It is listed again when a document is added.

        Raises:
            NotFound: `collection.not_found`.
        """
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            await remove_sources(work, place.id)
            # All locked before the first is taken out: an indexing job waits for a document, then for the collection.
            rows = await DocumentRepository(work.session, work.tenant_id).lock_present(place.id)
            for row in rows:
                await take_out(work, self._jobs, self._outbox, row)
            return len(rows)

    async def erase(self, caller: Caller, document_id: UUID, reason: str) -> list[UUID]:
        """Take a document out of search and erase its metadata and the bytes and texts of all its versions.

        Digests and proofs stay, and so do answers that cite it: executions keep content of their own. The tombstones
        are returned.

        Raises:
            NotFound: `document.not_found`.
            Gone: `content.erased` when nothing is left to erase.
        """
        async with self._work(caller) as work:
            row = await DocumentRepository(work.session, work.tenant_id).lock_by_id(document_id)
            if row is None:
                raise no_document(document_id)
            return await erase_contents(work, self._jobs, self._outbox, row, reason)

    async def retry(self, caller: Caller, document_id: UUID) -> Added:
        """Have the latest version read again, whose indexing failed or was cancelled, or which has unread pages.

        Raises:
            NotFound: `document.not_found`.
            Conflict: `document.not_failed`.
            InvalidInput: `document.ocr_missing` while nothing here can read the pages that are unread.
        """
        async with self._work(caller) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            row = await repository.lock_by_id(document_id)
            if row is None or (stored := await repository.document(document_id)) is None:
                raise no_document(document_id)
            state = "removed" if row.removed else stored.latest.state
            if state == "indexed" and has_unread_pages(stored.latest):
                require_installed(row.name, "scanned in part")
            elif state not in RETRIED:
                raise Conflict("document.not_failed", f"{row.name} is {state}; there is nothing to retry.")
            outcome, job_id = await again(work, self._jobs, stored.collection, row, stored.latest)
            stored = await repository.document(document_id)
            assert stored is not None
            return Added(outcome=outcome, document=document_view(stored), job_id=job_id)

    async def open_text(
        self, caller: Caller, document_id: UUID, number: int, start: int = 0, end: int | None = None
    ) -> VersionText:
        """Return a piece of a version's text; at most `MAX_TEXT_CHARACTERS`, and `end` says where it ends.

        Raises:
            NotFound: `document.not_found`, `document.version_not_found`, `document.not_indexed`.
            InvalidInput: `document.bad_range`.
            Gone: `content.erased`.
        """
        async with self._work(caller) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored, version = await find_version(repository, document_id, number)
            if version.reading is None:
                raise NotFound(
                    "document.not_indexed",
                    f"Version {number} has no text: its indexing is {version.state}. "
                    f"{version.indexing.error_message or ''}".strip(),
                )
            last = version.reading.characters if end is None else min(end, version.reading.characters)
            if not 0 <= start <= last:
                raise InvalidInput(
                    "document.bad_range", f"Choose 0 <= start <= end <= {version.reading.characters} characters."
                )
            last = min(last, start + MAX_TEXT_CHARACTERS)
            found = await repository.text_of(version.version.id, start, last)
        if found is None:
            raise erased()
        text, pages = found
        return VersionText(
            document_id=document_id, name=stored.document.name, version=number, digest=version.version.digest,
            start=start, end=last, characters=version.reading.characters, page=Pages(pages).at(start), text=text,
        )  # fmt: skip

    async def open_original(self, caller: Caller, document_id: UUID, number: int) -> tuple[str, str, bytes]:
        """Return name, media type and bytes of a version as it was added.

        Raises:
            NotFound: `document.not_found`, `document.version_not_found`.
            Gone: `content.erased`.
        """
        async with self._work(caller) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            stored, version = await find_version(repository, document_id, number)
            content = await repository.original(version.version.id)
        if content is None:
            raise erased()
        media_type = version.reading.media_type if version.reading else "application/octet-stream"
        return stored.document.name, media_type, content

    async def search(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        query: str,
        limit: int = 10,
        filters: Filters | None = None,
    ) -> list[Passage]:
        """Return the nearest passages of a collection, best first.

        Args:
            filters: which documents are searched; None for all.

        Raises:
            InvalidInput: `search.empty_query`.
            TooLarge: `search.query_too_long`.
            NotFound: `collection.not_found`.
            TryLater: `store.unavailable`.
        """
        if len(query) > MAX_QUERY_CHARACTERS:
            raise TooLarge(
                "search.query_too_long",
                f"A query has at most {MAX_QUERY_CHARACTERS:,} characters; this one has {len(query):,}.",
                details={"limit": MAX_QUERY_CHARACTERS},
            )
        if not query.strip():
            raise InvalidInput("search.empty_query", "The query is empty; say what to look for.")
        async with self._searching.moment(caller, namespace, collection, query) as moment:
            with span(_tracer, "retrieve"):
                work, place = moment.work, moment.place
                searched = self._store.index(work.session, work.tenant_id)
                hits = await retrieve(work.session, place.id, moment.question, Retrieval(), limit, filters, searched)
                return await passages_of(DocumentRepository(work.session, work.tenant_id), hits.best)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _name_in(cursor: str | None) -> str | None:
    position = decode_cursor(cursor, parts=1)
    if position is None:
        return None
    if not isinstance(position[0], str) or "\x00" in position[0]:
        raise bad_cursor()
    return position[0]
