"""Jobs over REST."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.streaming import StreamEvent, event_stream
from mcp_engine.jobs.schemas import Job, JobFilters, JobState
from mcp_engine.jobs.service import JobService

router = APIRouter(prefix="/jobs", tags=["jobs"])

Reader = Annotated[Caller, authorised("jobs:read")]
Writer = Annotated[Caller, authorised("jobs:write")]
Jobs = Annotated[JobService, service(JobService)]


@router.get("", summary="List jobs")
async def list_jobs(
    caller: Reader,
    jobs: Jobs,
    state: JobState | None = None,
    kind: str | None = None,
    subject_id: UUID | None = None,
    namespace: Annotated[str | None, Query(max_length=128, description="Jobs of this namespace only.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Job]:
    """List background jobs, newest first."""
    wanted = JobFilters(state=state, kind=kind, subject_id=subject_id, namespace=namespace)
    return await jobs.list(caller, wanted, limit=limit, cursor=cursor)


@router.get("/{job_id}", summary="Show a job")
async def get_job(job_id: UUID, caller: Reader, jobs: Jobs) -> Job:
    """Return a job's state, progress, and why it failed."""
    return await jobs.get(caller, job_id)


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_job(job_id: UUID, caller: Reader, jobs: Jobs) -> StreamingResponse:
    """Stream a `job` event now and after each change, until the job has finished."""

    async def events() -> AsyncGenerator[StreamEvent, None]:
        async for job in jobs.watch(caller, job_id):
            yield StreamEvent(event="job", data=job.model_dump(mode="json"))

    return await event_stream(events())


@router.post("/{job_id}/cancel", summary="Cancel a job")
async def cancel_job(job_id: UUID, caller: Writer, jobs: Jobs) -> Job:
    """Stop a job for good; one that has finished stays as it is."""
    return await jobs.cancel(caller, job_id)


@router.post("/{job_id}/retry", summary="Retry a job")
async def retry_job(job_id: UUID, caller: Writer, jobs: Jobs) -> Job:
    """Queue a failed or cancelled job again."""
    return await jobs.retry(caller, job_id)
