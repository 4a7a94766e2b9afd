"""REST of the vector store."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from rag.stores.schemas import Reindexing, ReindexRequest, StoreStatus
from rag.stores.service import StoreService

router = APIRouter(prefix="/vector-store", tags=["documents"])

Stores = Annotated[StoreService, service(StoreService)]


@router.get("", summary="Open the vector store")
async def open_store(caller: Annotated[Caller, authorised("documents:read")], store: Stores) -> StoreStatus:
    """Return which store finds passages, and how much it has not heard of yet."""
    return await store.status(caller)


@router.post("/reindex", summary="Bring everything over to the vector store", status_code=202)
async def reindex_store(
    request: ReindexRequest, caller: Annotated[Caller, authorised("documents:write")], store: Stores
) -> Reindexing:
    """Have every searched version delivered to the store, by a job; a repeat changes nothing that is there already."""
    return await store.reindex(caller, empty_first=request.empty_first)
