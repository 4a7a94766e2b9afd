"""What a running job is given: who it works for, and the only transactions that may write its results."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.repository import JobRepository


class JobTakenAway(Conflict):
    """The job is no longer this worker's: cancelled, or given to another because the lease ran out."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """One attempt at one job.

    `attempt` counts starts from 1. `subject_id` is the row that the job is about, as given to `enqueue`.
    """

    database: Database
    lease: Lease
    job_id: UUID
    tenant_id: UUID
    actor_id: UUID
    subject_id: UUID
    namespace: str | None
    attempt: int

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncGenerator[UnitOfWork]:
        """Open a transaction of the job's tenant that commits only while this worker holds the job.

        The check is a fencing token (M. Kleppmann, "How to do distributed locking", 2016) inside the
        transaction itself: the worker's lease must be unexpired by the database's clock and carry
        the token it began with, and the job must be assigned to this worker and attempt. Both rows
        stay share-locked until the end, so nobody can give the job away in between. The database
        ends a transaction that sits idle for longer than a lease: a stopped process can't hold the job.

        Raises:
            JobTakenAway: `job.taken_away`; nothing has been written. Let it end the job's `run`.
        """
        async with self.database.unit_of_work(self.tenant_id, self.actor_id) as work:
            repository = JobRepository(work.session)
            await repository.limit_idle_time(self.lease.seconds)
            held = await repository.hold(self.job_id, self.attempt, self.lease.worker_id, self.lease.token)
            if not held:
                raise JobTakenAway(
                    "job.taken_away",
                    "This worker no longer holds the job: it was cancelled, or given to another worker.",
                )
            yield work

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        """Show how far the job is, in a transaction of its own.

        Raises:
            JobTakenAway: as `unit_of_work` does; a good place for a long job to notice.
        """
        async with self.unit_of_work() as work:
            await JobRepository(work.session).set_progress(self.job_id, done, total, note)
