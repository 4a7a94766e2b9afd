"""REST of what became of a passage."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.problems import documented
from rag.why.schemas import Why, WhyRequest
from rag.why.service import WhyService

router = APIRouter(tags=["documents"])


@router.post("/collections/{collection}/why", summary="Explain a passage", responses=documented(410))
async def explain_passage(
    collection: str,
    request: WhyRequest,
    caller: Annotated[Caller, authorised("ask")],
    explaining: Annotated[WhyService, service(WhyService)],
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Why:
    """Say for a question and a passage what every stage did with it, with scores, up to the one that dropped it.

    It asks as `POST /ask` does, on what is searched now, and records nothing.
    """
    return await explaining.explain(caller, namespace, collection, request)
