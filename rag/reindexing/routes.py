"""REST of re-indexings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from rag.reindexing.schemas import Reindexing
from rag.reindexing.service import ReindexingService

router = APIRouter(prefix="/collections/{collection}/reindexings", tags=["documents"])
Reindexings = Annotated[ReindexingService, service(ReindexingService)]


@router.post("", summary="Index a collection anew", status_code=202)
async def start_reindexing(
    collection: str,
    caller: Annotated[Caller, authorised("documents:write")],
    reindexings: Reindexings,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Reindexing:
    """Cut and embed its documents as the strategy `default` says now, beside the index that is searched meanwhile.

    The job `job_id` replaces the old index at once when the new one is complete; if it ends before, the old one stays.
    """
    return await reindexings.start(caller, namespace, collection)


@router.get("", summary="List a collection's re-indexings")
async def list_reindexings(
    collection: str,
    caller: Annotated[Caller, authorised("documents:read")],
    reindexings: Reindexings,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Reindexing]:
    """Return re-indexings, newest first."""
    return await reindexings.list(caller, namespace, collection, cursor, limit)
