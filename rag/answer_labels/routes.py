"""REST of answers in doubt and their labels."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from rag.answer_labels.repository import LITTLE_CONFIDENCE, DoubtFilter
from rag.answer_labels.schemas import (
    AnswerLabel,
    Doubt,
    DoubtfulAnswer,
    GiveAnswerLabel,
    LabelsPushed,
    LabelsToDataset,
)
from rag.answer_labels.service import AnswerLabelService

router = APIRouter(prefix="/collections/{collection}", tags=["documents"])

Labels = Annotated[AnswerLabelService, service(AnswerLabelService)]


@router.get("/doubtful-answers", summary="List answers in doubt")
async def list_doubtful_answers(
    collection: str,
    caller: Annotated[Caller, authorised("executions:read")],
    labels: Labels,
    doubt: Annotated[Doubt | None, Query(description="Only those in doubt for this reason.")] = None,
    labelled: Annotated[bool, Query(description="Those that have a label, in place of those that wait.")] = False,
    confidence_below: Annotated[
        float, Query(ge=0, le=1, description="What counts as little confidence.")
    ] = LITTLE_CONFIDENCE,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DoubtfulAnswer]:
    """Return answers and refusals whose support is in doubt, newest first, with what they cite and what stood near.

    One that has a label waits no more; one that you skipped waits for others.
    """
    wanted = DoubtFilter(doubt, labelled, confidence_below)
    return await labels.queue(caller, namespace, collection, wanted, cursor, limit)


@router.get("/doubtful-answers/{execution_id}", summary="Show an answer in doubt")
async def get_doubtful_answer(
    collection: str,
    execution_id: UUID,
    caller: Annotated[Caller, authorised("executions:read")],
    labels: Labels,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> DoubtfulAnswer:
    """Return an answer from the collection with its doubts, if there are any, and its label."""
    return await labels.get(caller, namespace, collection, execution_id)


@router.post("/doubtful-answers/{execution_id}/labels", summary="Label an answer", status_code=201)
async def label_answer(
    collection: str,
    execution_id: UUID,
    given: GiveAnswerLabel,
    caller: Annotated[Caller, authorised("evaluations:label")],
    labels: Labels,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> AnswerLabel:
    """Say whether an answer is supported, or a refusal right; any answer from the collection takes a label."""
    caller.require("executions:read")
    return await labels.give(caller, namespace, collection, execution_id, given)


@router.post("/answer-labels/dataset", summary="Make labels a dataset", status_code=201)
async def push_answer_labels(
    collection: str,
    wanted: LabelsToDataset,
    caller: Annotated[Caller, authorised("datasets:write")],
    labels: Labels,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> LabelsPushed:
    """Store what labels say as rows of a dataset, on which strategies are evaluated; again, after more labels."""
    caller.require("executions:read")
    return await labels.push(caller, namespace, collection, wanted)
