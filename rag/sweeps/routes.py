"""REST of sweeps."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented
from rag.sweeps.schemas import MAX_COMBINATIONS, RiskCoverage, StartSweep, Sweep, SweepDetail
from rag.sweeps.service import SweepService

router = APIRouter(prefix="/strategy-sweeps", tags=["evaluations"])
Reader = Annotated[Caller, authorised("evaluations:read")]
Sweeps = Annotated[SweepService, service(SweepService)]


@router.post("", summary="Start a sweep over options of a strategy", status_code=202, responses=documented(410))
async def start_sweep(
    wanted: StartSweep,
    caller: Annotated[Caller, authorised("evaluations:run")],
    sweeps: Sweeps,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> SweepDetail:
    """Pin strategy, rows and scorers, and queue the job `job_id` that evaluates one combination after the other.

    What is evaluated stays when the job is cancelled or fails, and is not evaluated again when it is retried.
    """
    return await sweeps.start(caller, namespace, wanted)


@router.get("", summary="List sweeps")
async def list_sweeps(
    caller: Reader,
    sweeps: Sweeps,
    namespace: Annotated[str | None, Query(max_length=128)] = None,
    collection: Annotated[str | None, Query(max_length=128)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Sweep]:
    """Return the sweeps that fit all conditions, newest first."""
    return await sweeps.list(caller, namespace, collection, limit=limit, cursor=cursor)


@router.get("/{sweep_id}", summary="Get a sweep")
async def get_sweep(
    sweep_id: UUID,
    caller: Reader,
    sweeps: Sweeps,
    metric: Annotated[
        str | None, Query(max_length=128, description="The scorer that optimal means; without it the first one.")
    ] = None,
) -> SweepDetail:
    """Return how far it is, and every combination with its figures; those are optimal that no other one beats."""
    return await sweeps.get(caller, sweep_id, metric)


@router.get("/{sweep_id}/combinations/{position}/risk-coverage", summary="Get the risk-coverage curve of a combination")
async def get_risk_coverage(
    sweep_id: UUID,
    position: Annotated[int, Path(ge=1, le=MAX_COMBINATIONS)],
    caller: Reader,
    sweeps: Sweeps,
) -> RiskCoverage:
    """Return the share of answers that are wrong at each share of rows answered, by threshold of confidence."""
    return await sweeps.risk_coverage(caller, sweep_id, position)
