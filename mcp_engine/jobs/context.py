"""What a running job is given: who it works for, and the only transactions that may write its results."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.repository import JobRepository


class JobTakenAway(Conflict):
    """The job is no longer this worker's: cancelled, or given to another because the lease ran out."""


@dataclass(slots=True)
class _Opened:
    """A unit of work of a job, as the task that opened it and the tasks it starts meanwhile see it."""

    job_id: UUID
    is_open: bool = True


_innermost: ContextVar[_Opened | None] = ContextVar("innermost_unit_of_work_of_a_job", default=None)


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

        It reads as the engine, whose work goes on whoever may read its subject by then; the log names
        the actor.

        The check is a fencing token (M. Kleppmann, "How to do distributed locking", 2016) inside the
        transaction itself: the worker's lease must be unexpired by the database's clock and carry
        the token it began with, and the job must be assigned to this worker and attempt. Both rows stay
        locked until the end (the lease's `FOR KEY SHARE`, which lets its renewals pass, the job's
        `FOR NO KEY UPDATE`), so nobody can give the job away in between, and two units of work of
        one job follow one another. The database ends a transaction that sits idle for longer than
        a lease: a stopped process can't hold the job.

        Raises:
            JobTakenAway: `job.taken_away`; nothing has been written. Let it end the job's `run`.
            RuntimeError: inside another unit of work of this job, whose lock it would wait for forever.
        """
        outer = _innermost.get()
        if outer is not None and outer.is_open and outer.job_id == self.job_id:
            raise RuntimeError(
                "this job has a unit of work open already, which the second would wait for forever: "
                "write in the one that is open, and call `progress` before or after it"
            )
        opened = _Opened(self.job_id)
        _innermost.set(opened)
        try:
            async with self._held() as work:
                yield work
        finally:
            opened.is_open = False
            _innermost.set(outer)

    @asynccontextmanager
    async def _held(self) -> AsyncGenerator[UnitOfWork]:
        async with self.database.unit_of_work(self.tenant_id, self.actor_id, reader_id=ENGINE) as work:
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
            JobTakenAway, RuntimeError: as `unit_of_work` does; a good place for a long job to notice.
        """
        async with self.unit_of_work() as work:
            await JobRepository(work.session).set_progress(self.job_id, done, total, note)
