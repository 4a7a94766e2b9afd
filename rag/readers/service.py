"""Who may read a document, as callers see and change it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from rag.collections import no_document
from rag.readers.repository import ReaderRepository
from rag.readers.schemas import Readers, ReadersIn
from rag.readers.setting import let_everyone_read, restrict
from rag.readers.views import readers_view
from rag.repository import DocumentRepository
from rag.tables import DocumentRow


class ReaderService:
    """Access lists of documents; whoever may not read one is told that it does not exist."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def readers(self, caller: Caller, document_id: UUID) -> Readers:
        """Return who may read a document.

        Raises:
            NotFound: `document.not_found`.
        """
        async with self._work(caller) as work:
            stored = await DocumentRepository(work.session, work.tenant_id).document(document_id)
            if stored is None:
                raise no_document(document_id)
            return await _view(work, document_id, restricted=stored.document.restricted)

    async def restrict(self, caller: Caller, document_id: UUID, wanted: ReadersIn) -> Readers:
        """Let some read a document and nobody else, from the commit on, also its earlier versions.

        Raises:
            NotFound: `document.not_found`, `principal.not_found`, `group.not_found`.
            Conflict: `readers.shuts_you_out`.
        """
        async with self._work(caller) as work:
            await restrict(work, await _locked(work, document_id), wanted)
            return await _view(work, document_id, restricted=True)

    async def let_everyone_read(self, caller: Caller, document_id: UUID) -> Readers:
        """Take the list of a document away: everyone in the tenant with `documents:read` may read it.

        Raises:
            NotFound: `document.not_found`.
        """
        async with self._work(caller) as work:
            await let_everyone_read(work, await _locked(work, document_id))
            return await _view(work, document_id, restricted=False)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


async def _locked(work: UnitOfWork, document_id: UUID) -> DocumentRow:
    row = await DocumentRepository(work.session, work.tenant_id).lock_by_id(document_id)
    if row is None:
        raise no_document(document_id)
    return row


async def _view(work: UnitOfWork, document_id: UUID, *, restricted: bool) -> Readers:
    found = await ReaderRepository(work.session, work.tenant_id).of_document(document_id)
    return readers_view(found if restricted else None)
