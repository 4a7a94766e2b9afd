"""REST of feedback, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.feedback.schemas import Feedback, FeedbackErased, FeedbackFilter, GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.idempotency import Idempotency
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(prefix="/feedback", tags=["feedback"])

Feedbacks = Annotated[FeedbackService, service(FeedbackService)]
Name = Annotated[str | None, Query(max_length=128)]


@router.post("", status_code=201, summary="Give feedback")
async def give_feedback(
    given: GiveFeedback,
    caller: Annotated[Caller, authorised("feedback:give")],
    feedback: Feedbacks,
    key: Idempotency,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Feedback:
    """Record a judgement of an execution or of a session, however late; `namespace` counts for sessions only."""
    return await feedback.give(caller, namespace, given, key)


@router.get("", summary="List feedback")
async def list_feedback(
    caller: Annotated[Caller, authorised("executions:read")],
    feedback: Feedbacks,
    execution_id: UUID | None = None,
    session_id: Name = None,
    metric_name: Name = None,
    namespace: Name = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Feedback]:
    """Return the feedback that fits all conditions, newest first."""
    wanted = FeedbackFilter(execution_id, session_id, metric_name, namespace)
    return await feedback.list(caller, wanted, limit=limit, cursor=cursor)


@router.delete("/{feedback_id}/content", summary="Erase the words of feedback", responses=documented(410))
async def erase_feedback_content(
    caller: Annotated[Caller, authorised("executions:write")],
    feedback: Feedbacks,
    feedback_id: UUID,
    reason: Annotated[
        str, Query(min_length=1, max_length=500, description="For the audit log, where it stays; no personal data.")
    ],
) -> FeedbackErased:
    """Erase a text value and the comment. What was counted, a commitment and a tombstone with the reason stay."""
    return FeedbackErased(erasure_id=await feedback.erase_words(caller, feedback_id, reason))
