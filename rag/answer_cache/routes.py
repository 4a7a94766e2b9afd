"""REST of kept answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from rag.answer_cache.schemas import AnswerCache, AnswerCacheCleared
from rag.answer_cache.service import AnswerCacheService

router = APIRouter(prefix="/collections/{collection}/answer-cache", tags=["documents"])

Cache = Annotated[AnswerCacheService, service(AnswerCacheService)]


@router.get("", summary="Show the kept answers")
async def show_answer_cache(
    collection: str,
    caller: Annotated[Caller, authorised("documents:read")],
    cache: Cache,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> AnswerCache:
    """Say how many answers are kept of strategies that keep them, and how often these were given again."""
    return await cache.show(caller, namespace, collection)


@router.delete("", summary="Drop the kept answers")
async def clear_answer_cache(
    collection: str,
    caller: Annotated[Caller, authorised("documents:write")],
    cache: Cache,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> AnswerCacheCleared:
    """Have each question asked anew; the executions that gave the answers stay."""
    return await cache.clear(caller, namespace, collection)
