"""REST of drafted questions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented
from rag.drafting.schemas import (
    MAX_QUESTIONS,
    DraftedQuestion,
    DraftPushed,
    DraftToDataset,
    GiveVerdict,
    QuestionDraft,
    QuestionState,
    StartDraft,
)
from rag.drafting.service import DraftService

router = APIRouter(prefix="/question-drafts", tags=["evaluations"])
Reader = Annotated[Caller, authorised("executions:read")]
Drafts = Annotated[DraftService, service(DraftService)]


@router.post("", summary="Draft questions about a collection", status_code=202, responses=documented(410))
async def start_draft(
    wanted: StartDraft,
    caller: Annotated[Caller, authorised("prompts:run")],
    drafts: Drafts,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> QuestionDraft:
    """Draw sentences of the documents that you may read, and queue the job `job_id` that has a prompt word a question
    about each.

    None of them is in a dataset before a person accepts it.
    """
    caller.require("executions:read")
    return await drafts.start(caller, namespace, wanted)


@router.get("", summary="List drafts of questions")
async def list_drafts(
    caller: Reader,
    drafts: Drafts,
    namespace: Annotated[str | None, Query(max_length=128)] = None,
    collection: Annotated[str | None, Query(max_length=128)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuestionDraft]:
    """Return the drafts that fit all conditions, newest first."""
    return await drafts.list(caller, namespace, collection, limit=limit, cursor=cursor)


@router.get("/{draft_id}", summary="Get a draft of questions")
async def get_draft(draft_id: UUID, caller: Reader, drafts: Drafts) -> QuestionDraft:
    """Return how far a draft is, and how many of its questions have which verdict."""
    return await drafts.get(caller, draft_id)


@router.get("/{draft_id}/questions", summary="List drafted questions")
async def list_questions(
    draft_id: UUID,
    caller: Reader,
    drafts: Drafts,
    state: Annotated[QuestionState | None, Query(description="`open` are those that wait for a verdict.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DraftedQuestion]:
    """Return questions with the sentences that answer them, by position, of the documents that you may read."""
    return await drafts.questions(caller, draft_id, state, limit=limit, cursor=cursor)


@router.post(
    "/{draft_id}/questions/{position}/verdicts", summary="Accept or reject a drafted question", status_code=201
)
async def judge_question(
    draft_id: UUID,
    position: Annotated[int, Path(ge=1, le=MAX_QUESTIONS)],
    given: GiveVerdict,
    caller: Annotated[Caller, authorised("evaluations:label")],
    drafts: Drafts,
) -> DraftedQuestion:
    """Say, as a person, whether the sentence answers the question, in your own words if the model's don't do."""
    caller.require("executions:read")
    return await drafts.judge(caller, draft_id, position, given)


@router.post("/{draft_id}/dataset", summary="Make accepted questions a dataset", status_code=201)
async def push_draft(
    draft_id: UUID,
    wanted: DraftToDataset,
    caller: Annotated[Caller, authorised("datasets:write")],
    drafts: Drafts,
) -> DraftPushed:
    """Store accepted questions as rows of a dataset, on which strategies are evaluated; again, after more verdicts."""
    caller.require("executions:read")
    return await drafts.push(caller, draft_id, wanted)
