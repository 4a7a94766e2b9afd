"""REST of answers that lost their support."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented
from rag.lost_support.repository import AnswersFilter
from rag.lost_support.schemas import UnsupportedAnswer
from rag.lost_support.service import SupportService
from rag.lost_support.standing import Standing
from rag.schemas import Answer

router = APIRouter(prefix="/collections/{collection}/unsupported-answers", tags=["documents"])

Support = Annotated[SupportService, service(SupportService)]


@router.get("", summary="List answers that lost their support")
async def list_unsupported_answers(
    collection: str,
    caller: Annotated[Caller, authorised("executions:read")],
    support: Support,
    standing: Annotated[Standing, Query(description="How the worst citation stands in what is searched now.")] = "gone",
    document_id: Annotated[UUID | None, Query(description="Only those with such a citation of this document.")] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UnsupportedAnswer]:
    """Return stored answers that cite what changed since, newest first; those that were asked again are left out."""
    return await support.answers(caller, namespace, collection, AnswersFilter(standing, document_id), cursor, limit)


@router.post("/{execution_id}/again", summary="Ask again", responses=documented(410, 502, 504))
async def ask_again(
    collection: str,
    execution_id: UUID,
    caller: Annotated[Caller, authorised("ask")],
    support: Support,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Answer:
    """Ask the question of an answer that was looked at again, of what is searched now; the old one stays as it is."""
    return await support.ask_again(caller, namespace, collection, execution_id)
