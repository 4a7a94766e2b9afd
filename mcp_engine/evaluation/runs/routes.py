"""REST of evaluations and of the types of scorers, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from mcp_engine.access import Caller
from mcp_engine.evaluation.runs.repository import EvaluationFilter
from mcp_engine.evaluation.runs.schemas import (
    MAX_COMPARED,
    ComparedRow,
    Comparison,
    Evaluation,
    EvaluationItem,
    StartEvaluation,
)
from mcp_engine.evaluation.runs.service import EvaluationService
from mcp_engine.evaluation.scorers.port import Direction, Scale
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(tags=["evaluations"])

Reader = Annotated[Caller, authorised("evaluations:read")]
Evaluations = Annotated[EvaluationService, service(EvaluationService)]
Name = Annotated[str | None, Query(max_length=128)]
Compared = Annotated[
    list[UUID],
    Query(
        alias="evaluation", min_length=2, max_length=MAX_COMPARED, description="Repeat it; the first is the baseline."
    ),
]


class ScorerTypeView(BaseModel):
    """A type of scorer, and the JSON Schema of what it can be told."""

    name: str
    description: str
    direction: Direction | None
    scale: Scale
    unit: str
    parameters: dict[str, Any]


@router.get("/scorer-types", summary="List the types of scorers")
async def list_scorer_types(
    caller: Reader,  # noqa: ARG001 - it asks for the scope
    types: Annotated[ScorerTypes, service(ScorerTypes)],
) -> Page[ScorerTypeView]:
    """Return every type, by name. A scorer is an artifact of the kind `scorer` that names one."""
    return Page(
        items=[
            ScorerTypeView(
                name=kind.name,
                description=kind.description,
                direction=kind.direction,
                scale=kind.scale,
                unit=kind.unit,
                parameters=kind.parameters.model_json_schema(),
            )
            for kind in types.all()
        ]
    )


@router.post("/evaluations", status_code=202, summary="Start an evaluation", responses=documented(410))
async def start_evaluation(
    wanted: StartEvaluation,
    caller: Annotated[Caller, authorised("evaluations:run")],
    evaluations: Evaluations,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Evaluation:
    """Pin subject, rows, scorers and model, and queue the job `job_id` that runs and scores every row."""
    return await evaluations.start(caller, namespace, wanted)


@router.get("/evaluations", summary="List evaluations")
async def list_evaluations(
    caller: Reader,
    evaluations: Evaluations,
    namespace: Name = None,
    name: Annotated[str | None, Query(max_length=128, description="Of the subject.")] = None,
    number: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of the subject's version.")] = None,
    dataset: Name = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Evaluation]:
    """Return the evaluations that fit all conditions, newest first."""
    wanted = EvaluationFilter(namespace, name, number, dataset)
    return await evaluations.list(caller, wanted, limit=limit, cursor=cursor)


@router.get("/evaluations/comparison", summary="Compare evaluations")
async def compare_evaluations(caller: Reader, evaluations: Evaluations, compared: Compared) -> Comparison:
    """Compare evaluations of the same rows with the first: paired differences, intervals, rows that flipped."""
    return await evaluations.compare(caller, compared)


@router.get("/evaluations/comparison/rows", summary="Compare evaluations row by row")
async def compare_evaluation_rows(
    caller: Reader,
    evaluations: Evaluations,
    compared: Compared,
    scorer: Annotated[str, Query(max_length=128)],
    changed: Annotated[bool, Query(description="Leave rows out that score the same.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ComparedRow]:
    """Return rows side by side, those first that became most worse."""
    return await evaluations.compared_rows(caller, compared, scorer, changed=changed, limit=limit, cursor=cursor)


@router.get("/evaluations/{evaluation_id}", summary="Get an evaluation")
async def get_evaluation(evaluation_id: UUID, caller: Reader, evaluations: Evaluations) -> Evaluation:
    """Return what was evaluated on what, how far it is, and its metrics once it has ended."""
    return await evaluations.get(caller, evaluation_id)


@router.get("/evaluations/{evaluation_id}/rows", summary="List the rows of an evaluation")
async def list_evaluation_rows(
    evaluation_id: UUID,
    caller: Reader,
    evaluations: Evaluations,
    failed: Annotated[bool, Query(description="Only rows without an output, or without a score.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EvaluationItem]:
    """Return rows with what came out and their scores. Of a sealed split there is nothing to read (403)."""
    return await evaluations.items(caller, evaluation_id, failed=failed, limit=limit, cursor=cursor)
