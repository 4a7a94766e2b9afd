"""Queries on metadata."""

from __future__ import annotations

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from rag.metadata.values import Metadata
from rag.tables import CollectionRow, DocumentRow


class MetadataRepository:
    """Writes metadata in the transaction of `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def replace(self, document: DocumentRow, wanted: Metadata) -> None:
        """Make a locked document's metadata this; no answer that was kept before is given again."""
        of_document = update(DocumentRow).where(col(DocumentRow.id) == document.id)
        await self._session.execute(of_document.values(key_values=wanted))
        if document.searched_number is not None:
            of_collection = update(CollectionRow).where(col(CollectionRow.id) == document.collection_id)
            await self._session.execute(of_collection.values(metadata_revision=func.gen_random_uuid()))
