"""Executions over REST: list, look, erase content."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from mcp_engine.access import Caller
from mcp_engine.executions.schemas import (
    ContentErased,
    ExecutionCount,
    ExecutionDetail,
    ExecutionFilter,
    ExecutionSummary,
    Openings,
    Spans,
    Status,
)
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(prefix="/executions", tags=["executions"])

Reader = Annotated[Caller, authorised("executions:read")]
Writer = Annotated[Caller, authorised("executions:write")]
Executions = Annotated[ExecutionService, service(ExecutionService)]
# PostgreSQL's text has no NUL, so nothing that has one is stored.
_NO_NUL = r"^[^\x00]*$"
Name = Annotated[str | None, Query(max_length=128, pattern=_NO_NUL)]


def _wanted(
    namespace: Name = None,
    kind: Annotated[
        str | None, Query(max_length=64, pattern=_NO_NUL, description="Such as `prompt_run` or `ask`.")
    ] = None,
    artifact_kind: Name = None,
    artifact_name: Name = None,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Number of the artifact's version.")] = None,
    label: Annotated[
        str | None, Query(max_length=36, pattern=_NO_NUL, description="The label that the version was asked for by.")
    ] = None,
    model: Annotated[str | None, Query(max_length=256, pattern=_NO_NUL, description="Name of the model.")] = None,
    actor: Annotated[UUID | None, Query(description="Who ran it.")] = None,
    status: Status | None = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Started at this time (with its offset) or later.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Started before this time.")] = None,
    min_latency_ms: Annotated[float | None, Query(ge=0, description="Took at least this long in total.")] = None,
    parent_id: Annotated[UUID | None, Query(description="Steps of this execution.")] = None,
    text: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            description="Stands in the inputs or messages, whatever its case. A page may hold fewer than there are.",
        ),
    ] = None,
    trace_id: Annotated[
        str | None, Query(pattern=r"^[0-9a-f]{32}$", description="Ran in this trace, as log lines name it.")
    ] = None,
) -> ExecutionFilter:
    return ExecutionFilter(
        namespace, kind, artifact_kind, artifact_name, version, label, model, actor, status, since, until,
        min_latency_ms, parent_id, text, trace_id,
    )  # fmt: skip


Wanted = Annotated[ExecutionFilter, Depends(_wanted)]


@router.get("", summary="List executions")
async def list_executions(
    caller: Reader, executions: Executions, wanted: Wanted, limit: Limit = 50, cursor: Cursor = None
) -> Page[ExecutionSummary]:
    """Return the executions that fit all conditions, newest first."""
    return await executions.list(caller, wanted, limit=limit, cursor=cursor)


@router.get("/count", summary="Count executions")
async def count_executions(caller: Reader, executions: Executions, wanted: Wanted) -> ExecutionCount:
    """Return how many executions fit all conditions, counted up to 10,000."""
    return await executions.count(caller, wanted)


@router.get("/{execution_id}", summary="Show an execution")
async def get_execution(caller: Reader, executions: Executions, execution_id: UUID) -> ExecutionDetail:
    """Return facts, inputs, output and spans of one execution."""
    return await executions.get(caller, execution_id)


@router.get("/{execution_id}/openings", summary="Open an execution's commitments")
async def get_execution_openings(caller: Reader, executions: Executions, execution_id: UUID) -> Openings:
    """Return inputs and output as they were committed to, each with its salt.

    Whoever holds these and a proof of the execution can check that the proof speaks of this text.
    """
    return await executions.openings(caller, execution_id)


@router.get("/{execution_id}/spans", summary="Spans of an execution")
async def list_execution_spans(caller: Reader, executions: Executions, execution_id: UUID) -> Spans:
    """Return the finished spans of the execution's trace, earliest first; new ones appear within seconds."""
    return Spans(spans=await executions.spans(caller, execution_id))


@router.delete("/{execution_id}/content", summary="Erase an execution's content", responses=documented(410))
async def erase_execution_content(
    caller: Writer,
    executions: Executions,
    execution_id: UUID,
    reason: Annotated[
        str, Query(min_length=1, max_length=500, description="For the audit log, where it stays; no personal data.")
    ],
) -> ContentErased:
    """Erase inputs, messages and output. Facts, commitments and a tombstone with the reason stay."""
    return await executions.erase_content(caller, execution_id, reason)
