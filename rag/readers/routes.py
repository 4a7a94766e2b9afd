"""REST of who may read a document."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from rag.readers.schemas import Readers, ReadersIn
from rag.readers.service import ReaderService

router = APIRouter(prefix="/documents/{document_id}/readers", tags=["documents"])

Reading = Annotated[Caller, authorised("documents:read")]
Writing = Annotated[Caller, authorised("documents:write")]
Service = Annotated[ReaderService, service(ReaderService)]


@router.get("", summary="Show who may read a document")
async def get_document_readers(document_id: UUID, caller: Reading, readers: Service) -> Readers:
    """Return the document's access list, or that everyone in the tenant may read it."""
    return await readers.readers(caller, document_id)


@router.put("", summary="Restrict who may read a document")
async def set_document_readers(document_id: UUID, body: ReadersIn, caller: Writing, readers: Service) -> Readers:
    """Let these principals and groups read the document with all its versions, and nobody else, at once.

    You must be among them. For everybody else the document does not exist any more: not in search, answers or lists.
    """
    return await readers.restrict(caller, document_id, body)


@router.delete("", summary="Let everyone read a document")
async def clear_document_readers(document_id: UUID, caller: Writing, readers: Service) -> Readers:
    """Take the document's access list away."""
    return await readers.let_everyone_read(caller, document_id)
