"""REST of duplicates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from rag.duplicates.schemas import DuplicateGroup
from rag.duplicates.service import DuplicateService

router = APIRouter(prefix="/collections/{collection}/duplicates", tags=["documents"])


@router.get("", summary="List a collection's duplicates")
async def list_duplicates(
    collection: str,
    caller: Annotated[Caller, authorised("documents:read")],
    duplicates: Annotated[DuplicateService, service(DuplicateService)],
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DuplicateGroup]:
    """Return groups of searched documents that are the same or nearly, newest group first; nothing is removed."""
    return await duplicates.groups(caller, namespace, collection, cursor, limit)
