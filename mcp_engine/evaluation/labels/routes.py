"""REST of labels and calibrations, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.evaluation.labels.schemas import (
    CalibrationView,
    CorrectedRate,
    GiveLabel,
    LabellingQueue,
    LabelView,
)
from mcp_engine.evaluation.labels.service import LabelService
from mcp_engine.evaluation.scorers.kind import KIND as SCORER
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Page
from mcp_engine.http.problems import documented

router = APIRouter(tags=["labels"])

Labeller = Annotated[Caller, authorised("evaluations:label")]
Reader = Annotated[Caller, authorised("evaluations:read")]
Labels = Annotated[LabelService, service(LabelService)]


@router.get("/evaluations/{evaluation_id}/labelling", summary="Get the next rows to judge")
async def next_to_label(
    evaluation_id: UUID,
    caller: Labeller,
    labels: Labels,
    scorer: Annotated[str, Query(max_length=128, description="Whose question is answered.")],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> LabellingQueue:
    """Return rows that you have not judged, without any verdict on them, in an order of your own."""
    return await labels.queue(caller, evaluation_id, scorer, limit)


@router.post("/evaluations/{evaluation_id}/labels", status_code=201, summary="Judge a row")
async def give_label(evaluation_id: UUID, given: GiveLabel, caller: Labeller, labels: Labels) -> LabelView:
    """Record your verdict on the output of a row; a later one takes its place. People only (403)."""
    return await labels.give(caller, evaluation_id, given)


@router.get("/evaluations/{evaluation_id}/corrected-rates", summary="Get the corrected rates of judges")
async def get_corrected_rates(evaluation_id: UUID, caller: Reader, labels: Labels) -> Page[CorrectedRate]:
    """Return the rates of calibrated judges that pass or fail, corrected for how often they err."""
    return Page(items=await labels.corrected(caller, evaluation_id))


@router.get("/scorers/{name}/calibration", summary="Get a judge's calibration", responses=documented(410))
async def get_calibration(
    name: str,
    caller: Reader,
    labels: Labels,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    label: Annotated[str | None, Query(max_length=36)] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> CalibrationView:
    """Return how the verdicts of a judge's version (neither: the latest) agree with people's."""
    return await labels.calibration(caller, namespace, Reference(SCORER, name, version, label))
