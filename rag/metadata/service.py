"""Metadata of documents, as callers see and change it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from rag.collections import erased, no_document
from rag.metadata.setting import describe
from rag.metadata.values import Metadata
from rag.repository import DocumentRepository


class MetadataService:
    """Metadata belongs to a document with all its versions; whoever may not read the document does not see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def metadata(self, caller: Caller, document_id: UUID) -> Metadata:
        """Return a document's metadata.

        Raises:
            NotFound: `document.not_found`.
        """
        async with self._work(caller) as work:
            stored = await DocumentRepository(work.session, work.tenant_id).document(document_id)
            if stored is None:
                raise no_document(document_id)
            return stored.document.key_values

    async def replace(self, caller: Caller, document_id: UUID, wanted: Metadata) -> Metadata:
        """Make a document's metadata this, from the commit on; what is not in it is gone.

        Raises:
            NotFound: `document.not_found`.
            Gone: `content.erased`, so that nothing is said of a document that was to be forgotten.
        """
        async with self._work(caller) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            row = await repository.lock_by_id(document_id)
            if row is None or (stored := await repository.document(document_id)) is None:
                raise no_document(document_id)
            if stored.latest.erased:
                raise erased()
            await describe(work, row, wanted)
            return wanted

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)
