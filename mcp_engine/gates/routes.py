"""REST of gates and of releases that are asked for, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.gates.repository import State
from mcp_engine.gates.requests import ReleaseRequestService
from mcp_engine.gates.schemas import (
    GateDetail,
    GateSummary,
    GiveApproval,
    ReleaseRequest,
    RequestRelease,
    SetGate,
)
from mcp_engine.gates.service import GateService
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(tags=["gates"])

Reader = Annotated[Caller, authorised("gates:read")]
Gates = Annotated[GateService, service(GateService)]
Requests = Annotated[ReleaseRequestService, service(ReleaseRequestService)]


@router.post("/gates", status_code=201, summary="Put a gate in force", responses=documented(410))
async def put_gate_in_force(
    new: SetGate,
    caller: Annotated[Caller, authorised("gates:write")],
    gates: Gates,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> GateDetail:
    """Store the next version of a gate (or find the identical one); it protects from now on. Owners only."""
    return await gates.put_in_force(caller, namespace, new)


@router.get("/gates", summary="List gates", responses=documented(410))
async def list_gates(
    caller: Reader,
    gates: Gates,
    kind: Annotated[str, Query(max_length=64, description="Of the artifact, with `name`.")] = "prompt",
    name: Annotated[
        str | None, Query(max_length=128, description="Only gates over this artifact, in force or not.")
    ] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[GateSummary]:
    """List gates by name, each with what it protects."""
    over = None if name is None else (kind, name)
    return await gates.list(caller, namespace, over, limit=limit, cursor=cursor)


@router.get("/gates/{name}", summary="Get a gate", responses=documented(410))
async def get_gate(name: str, caller: Reader, gates: Gates, namespace: NamespaceName = DEFAULT_NAMESPACE) -> GateDetail:
    """Return what a gate asks for, and what is left of the error budgets of the sealed rows that it looks at."""
    return await gates.get(caller, namespace, name)


@router.post("/release-requests", status_code=202, summary="Ask for a release", responses=documented(410))
async def ask_for_release(
    wanted: RequestRelease,
    caller: Annotated[Caller, authorised("gates:request")],
    requests: Requests,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> ReleaseRequest:
    """Pin what the gates of a label want to see of a version; the job `job_id` gathers it. Then persons approve."""
    return await requests.ask(caller, namespace, wanted)


@router.get("/release-requests", summary="List requests for releases", responses=documented(410))
async def list_release_requests(
    caller: Reader,
    requests: Requests,
    state: Annotated[State, Query(description="`open`: neither carried out nor overtaken.")] = "open",
    kind: Annotated[str, Query(max_length=64, description="Of the artifact, with `name`.")] = "prompt",
    name: Annotated[str | None, Query(max_length=128)] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReleaseRequest]:
    """List requests, newest first, each with what it lacks now."""
    artifact = None if name is None else (kind, name)
    return await requests.list(caller, namespace, state, artifact, limit=limit, cursor=cursor)


@router.get("/release-requests/{request_id}", summary="Get a request for a release", responses=documented(410))
async def get_release_request(request_id: UUID, caller: Reader, requests: Requests) -> ReleaseRequest:
    """Return a request with the verdict on each requirement, the approvals, and what is missing."""
    return await requests.get(caller, request_id)


@router.post("/release-requests/{request_id}/approvals", status_code=201, summary="Approve or reject a release",
             responses=documented(410))  # fmt: skip
async def approve_release(
    request_id: UUID,
    given: GiveApproval,
    caller: Annotated[Caller, authorised("gates:approve")],
    requests: Requests,
) -> ReleaseRequest:
    """Record your word; a later one takes its place. Persons only, and not the author of the version (403)."""
    return await requests.approve(caller, request_id, given)
