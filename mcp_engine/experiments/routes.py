"""REST of experiments, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.experiments.analysis import Analysis
from mcp_engine.experiments.exposures import ExposureService
from mcp_engine.experiments.schemas import (
    ExperimentDetail,
    ExperimentSummary,
    Exposures,
    ExposuresRecorded,
    NewExperiment,
    Promote,
    Stop,
)
from mcp_engine.experiments.service import ExperimentService
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(prefix="/experiments", tags=["experiments"])

Reader = Annotated[Caller, authorised("experiments:read")]
Writer = Annotated[Caller, authorised("experiments:write")]
Experiments = Annotated[ExperimentService, service(ExperimentService)]


@router.post("", status_code=201, summary="Create an experiment", responses=documented(410))
async def create_experiment(
    new: NewExperiment, caller: Writer, experiments: Experiments, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> ExperimentDetail:
    """Keep a plan and start it, unless `start` is false. Nothing of a plan can be changed afterwards.

    Starting needs the scope `labels:write` as well: it decides what a label gives.
    """
    if new.start:
        caller.require("labels:write")
    return await experiments.create(caller, namespace, new)


@router.get("", summary="List experiments")
async def list_experiments(
    caller: Reader,
    experiments: Experiments,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    kind: Annotated[str, Query(max_length=64, description="The kind of `artifact`.")] = "prompt",
    artifact: Annotated[str | None, Query(max_length=128, description="Experiments on this artifact.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ExperimentSummary]:
    """List experiments, newest first."""
    wanted = None if artifact is None else (kind, artifact)
    return await experiments.list(caller, namespace, wanted, limit=limit, cursor=cursor)


# Above the routes with a name: an experiment may well be called `exposures`.
@router.post("/exposures", summary="Report exposures")
async def report_exposures(
    reported: Exposures,
    caller: Annotated[Caller, authorised("experiments:expose")],
    exposures: Annotated[ExposureService, service(ExposureService)],
) -> ExposuresRecorded:
    """Record whom a client showed which arm; one that disagrees with the assignment is named and left out.

    A repeat changes nothing.
    """
    return await exposures.record(caller, reported.exposures)


@router.get("/{name}", summary="Get an experiment")
async def get_experiment(
    name: str, caller: Reader, experiments: Experiments, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> ExperimentDetail:
    """Return an experiment, what it was planned with and what became of it."""
    return await experiments.get(caller, namespace, name)


@router.get("/{name}/analysis", summary="Analyse an experiment")
async def analyse_experiment(
    name: str, caller: Reader, experiments: Experiments, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> Analysis:
    """Return what may be concluded now; it may be asked every minute without being wrong more often."""
    return await experiments.analysis(caller, namespace, name)


@router.post("/{name}/start", summary="Start an experiment", responses=documented(410))
async def start_experiment(
    name: str, caller: Writer, experiments: Experiments, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> ExperimentDetail:
    """Start a draft. Needs the scope `labels:write` as well: it decides what a label gives."""
    caller.require("labels:write")
    return await experiments.start(caller, namespace, name)


@router.post("/{name}/stop", summary="Stop an experiment")
async def stop_experiment(
    name: str, wanted: Stop, caller: Writer, experiments: Experiments, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> ExperimentDetail:
    """End an experiment; its label stays where it is, for everybody."""
    return await experiments.stop(caller, namespace, name, wanted)


@router.post("/{name}/promote", summary="Promote an arm", responses=documented(410))
async def promote_arm(
    name: str, wanted: Promote, caller: Writer, experiments: Experiments, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> ExperimentDetail:
    """Point the label at an arm's version and end the experiment. Needs the scope `labels:write` as well."""
    caller.require("labels:write")
    return await experiments.promote(caller, namespace, name, wanted)
