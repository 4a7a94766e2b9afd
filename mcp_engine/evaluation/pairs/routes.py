"""REST of judged comparisons, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.evaluation.pairs.repository import ComparisonFilter
from mcp_engine.evaluation.pairs.schemas import JudgedComparison, JudgedItem, RowResult, StartJudgedComparison
from mcp_engine.evaluation.pairs.service import JudgedComparisonService
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(tags=["evaluations"])

Reader = Annotated[Caller, authorised("evaluations:read")]
Comparisons = Annotated[JudgedComparisonService, service(JudgedComparisonService)]


@router.post(
    "/judged-comparisons", status_code=202, summary="Let a judge compare two evaluations", responses=documented(410)
)
async def start_judged_comparison(
    wanted: StartJudgedComparison,
    caller: Annotated[Caller, authorised("evaluations:run")],
    comparisons: Comparisons,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> JudgedComparison:
    """Pin judge, prompt and model, and queue the job `job_id` that asks about every row in both orders."""
    return await comparisons.start(caller, namespace, wanted)


@router.get("/judged-comparisons", summary="List judged comparisons")
async def list_judged_comparisons(
    caller: Reader,
    comparisons: Comparisons,
    namespace: Annotated[str | None, Query(max_length=128)] = None,
    baseline: Annotated[UUID | None, Query(description="Of this evaluation as the baseline.")] = None,
    candidate: Annotated[UUID | None, Query(description="Of this evaluation as the candidate.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JudgedComparison]:
    """Return the judged comparisons that fit all conditions, newest first."""
    wanted = ComparisonFilter(namespace, baseline, candidate)
    return await comparisons.list(caller, wanted, limit=limit, cursor=cursor)


@router.get("/judged-comparisons/{comparison_id}", summary="Get a judged comparison")
async def get_judged_comparison(comparison_id: UUID, caller: Reader, comparisons: Comparisons) -> JudgedComparison:
    """Return who was compared by whom, how far it is, and its figures once it has ended."""
    return await comparisons.get(caller, comparison_id)


@router.get("/judged-comparisons/{comparison_id}/rows", summary="List the rows of a judged comparison")
async def list_judged_rows(
    comparison_id: UUID,
    caller: Reader,
    comparisons: Comparisons,
    result: Annotated[RowResult | None, Query(description="Only rows that came out so, for the candidate.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JudgedItem]:
    """Return rows with both outputs and both verdicts, and the judge's runs."""
    return await comparisons.rows(caller, comparison_id, result, limit=limit, cursor=cursor)
