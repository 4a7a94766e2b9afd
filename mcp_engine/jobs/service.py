"""Jobs as callers see them: enqueue, look, wait, cancel, retry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.http.paging import Page, bad_cursor, decode_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.dispatcher import wake_dispatchers
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.schemas import Job, JobFilters
from mcp_engine.jobs.tables import JobRow

_FIRST_LOOK_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 1.0


class JobService:
    """The tenant's durable jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(
        self,
        work: UnitOfWork,
        *,
        kind: str,
        subject_id: UUID,
        namespace: str | None = None,
        job_id: UUID | None = None,
    ) -> UUID:
        """Enqueue a job in the caller's transaction: it is done exactly when the transaction commits.

        Args:
            job_id: a new id, where the subject is written first and names its job.

        Returns:
            the job's id.
        """
        job = JobRow(
            tenant_id=work.tenant_id, id=job_id or new_id(), kind=kind, subject_id=subject_id,
            actor_id=work.actor_id, namespace=namespace,
        )  # fmt: skip
        await JobRepository(work.session).insert(job)
        work.after_commit(wake_dispatchers)
        return job.id

    async def enqueue_unless_waiting(
        self, work: UnitOfWork, *, kind: str, subject_id: UUID, namespace: str | None = None
    ) -> UUID:
        """Enqueue a job unless one of its kind on its subject waits to begin; that one does not begin before the
        caller's transaction ends, and so sees what it wrote.

        Returns:
            the id of the job that will do it.
        """
        waiting = await JobRepository(work.session).hold_waiting(kind, subject_id)
        return waiting or await self.enqueue(work, kind=kind, subject_id=subject_id, namespace=namespace)

    async def get(self, caller: Caller, job_id: UUID) -> Job:
        """Return a job, or raise `NotFound` (`job.not_found`)."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return Job.model_validate(_found(await JobRepository(work.session).get(job_id), job_id))

    async def list(
        self, caller: Caller, wanted: JobFilters, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Job]:
        """Return jobs, newest first."""
        before = _position(cursor)
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            rows = await JobRepository(work.session).page(wanted, before, limit + 1)
        jobs = [Job.model_validate(row) for row in rows]
        return page_of(jobs, limit, lambda job: (job.created_at.isoformat(), str(job.id)))

    async def unfinished(self, caller: Caller) -> int:
        """Return how many jobs of the tenant wait or run."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await JobRepository(work.session).unfinished_count()

    async def watch(self, caller: Caller, job_id: UUID) -> AsyncGenerator[Job]:
        """Yield the job now and after each change, until it has finished.

        Raises:
            NotFound: `job.not_found`.
        """
        shown: Job | None = None
        pause = _FIRST_LOOK_SECONDS
        while True:
            job = await self.get(caller, job_id)
            if job != shown:
                shown, pause = job, _FIRST_LOOK_SECONDS
                yield job
            if job.finished:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)

    async def cancel(self, caller: Caller, job_id: UUID) -> Job:
        """Stop a job for good: a worker that runs it can't write any more. A finished one stays as it is."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = JobRepository(work.session)
            row = _found(await repository.get(job_id, for_change=True), job_id)
            if not Job.model_validate(row).finished:
                await repository.finish(job_id, "cancelled", code="job.cancelled", message="Cancelled by its owner.")
            return Job.model_validate(_found(await repository.get(job_id), job_id))

    async def retry(self, caller: Caller, job_id: UUID) -> Job:
        """Queue a failed or cancelled job again, with all its attempts.

        Raises:
            NotFound: `job.not_found`.
            Conflict: `job.not_retryable` while it is queued or running, or when it has succeeded.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = JobRepository(work.session)
            row = _found(await repository.get(job_id, for_change=True), job_id)
            if row.state not in ("failed", "cancelled"):
                raise Conflict(
                    "job.not_retryable", f"The job is {row.state}; only a failed or cancelled one can be retried."
                )
            row.state, row.failures, row.finished_at = "queued", 0, None
            row.error_code = row.error_message = row.note = None
            await work.session.flush()
            await repository.add_to_outbox(row)
            work.after_commit(wake_dispatchers)
            return Job.model_validate(row)


def _found(row: JobRow | None, job_id: UUID) -> JobRow:
    if row is None:
        raise NotFound("job.not_found", f"There is no job {job_id}.")
    return row


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    position = decode_cursor(cursor, parts=2)
    if position is None:
        return None
    try:
        return datetime.fromisoformat(str(position[0])), UUID(str(position[1]))
    except ValueError:
        raise bad_cursor() from None
