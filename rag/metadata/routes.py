"""REST of documents' metadata."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.problems import documented
from rag.metadata.service import MetadataService
from rag.metadata.values import Metadata

router = APIRouter(prefix="/documents/{document_id}/metadata", tags=["documents"])

Reading = Annotated[Caller, authorised("documents:read")]
Writing = Annotated[Caller, authorised("documents:write")]
Service = Annotated[MetadataService, service(MetadataService)]


@router.get("", summary="Show a document's metadata")
async def get_document_metadata(document_id: UUID, caller: Reading, metadata: Service) -> Metadata:
    """Return the keys and values that people gave the document."""
    return await metadata.metadata(caller, document_id)


@router.put("", summary="Replace a document's metadata", responses=documented(410))
async def set_document_metadata(document_id: UUID, body: Metadata, caller: Writing, metadata: Service) -> Metadata:
    """Give the document these keys and values in place of those that it had; `{}` takes them all away.

    Searches and questions are narrowed by them at once, without indexing the document again.
    """
    return await metadata.replace(caller, document_id, body)
