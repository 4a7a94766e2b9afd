"""REST of what a strategy would do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.problems import documented
from rag.preview.schemas import AnswerPreview, AnswerRequest, ChunksPreview, ChunksRequest
from rag.preview.service import PreviewService

router = APIRouter(tags=["documents"])
Previews = Annotated[PreviewService, service(PreviewService)]


@router.post("/collections/{collection}/preview/chunks", summary="Preview chunks", responses=documented(410, 504))
async def preview_chunks(
    collection: str,
    request: ChunksRequest,
    caller: Annotated[Caller, authorised("documents:read")],
    previews: Previews,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> ChunksPreview:
    """Cut a document as these options would, from the file as it was added; what is searched does not change."""
    return await previews.chunks(caller, namespace, collection, request)


@router.post("/collections/{collection}/preview/answer", summary="Preview an answer", responses=documented(410))
async def preview_answer(
    collection: str,
    request: AnswerRequest,
    caller: Annotated[Caller, authorised("ask")],
    previews: Previews,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> AnswerPreview:
    """Say what a strategy that is not pushed yet finds and would answer; it records nothing."""
    return await previews.answer(caller, namespace, collection, request)
