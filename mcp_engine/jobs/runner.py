"""One attempt at one job, from the queue to its end or its next hand-over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import structlog
from opentelemetry.trace import SpanKind

from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database
from mcp_engine.database.outages import NO_ANSWER, is_outage
from mcp_engine.errors import EngineError, NotFound
from mcp_engine.jobs.context import JobContext, JobTakenAway
from mcp_engine.jobs.kinds import JobKind, delay_before_retry, is_permanent
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.tables import JobRow
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.context import bind_tenant

T = TypeVar("T")
MOST_OUTAGES = 20
"""Attempts; one that is lost to an outage after so many counts as a failure: perhaps the job causes it."""
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_log = structlog.get_logger(__name__)
_tracer = tracing.tracer(__name__)


class JobRunner:
    """Runs jobs under one lease."""

    def __init__(self, database: Database, lease: Lease, kinds: Mapping[str, JobKind]) -> None:
        self._database = database
        self._lease = lease
        self._kinds = kinds
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(self, tenant_id: UUID, job_id: UUID) -> None:
        """Run one hand-over; returns when its job is ended, queued again, or no longer this worker's.

        What comes while the worker stops is left alone: the reaper finds a hand-over that ended before its job.
        """
        if self._stopping:
            return
        task = asyncio.create_task(self._attempt(tenant_id, job_id), name=f"job-{job_id}")
        self._running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("job_attempt_failed", job_id=str(job_id), exc_info=error)

    async def stop(self) -> None:
        """Cancel what runs and give it back to the queue; start nothing more."""
        self._stopping = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _attempt(self, tenant_id: UUID, job_id: UUID) -> None:
        row = await _recorded(lambda: self._start(tenant_id, job_id))
        if row is None:
            return
        context = JobContext(
            self._database, self._lease, job_id, tenant_id, row.actor_id, row.subject_id, row.namespace, row.attempt
        )
        began = time.monotonic()
        try:
            status = await self._run_kind(row, context)
        except JobTakenAway:
            status = "taken_away"
            _log.info("job_taken_away", job_id=str(job_id), kind=row.kind)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(context))
            raise
        seconds = round(time.monotonic() - began, 3)
        _log.info("job_attempt_ended", job_id=str(job_id), kind=row.kind, status=status, seconds=seconds)

    async def _start(self, tenant_id: UUID, job_id: UUID) -> JobRow | None:
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            repository = JobRepository(work.session)
            if not await repository.hold_lease(self._lease.worker_id, self._lease.token):
                return None
            return await repository.start(job_id, self._lease.worker_id)

    async def _run_kind(self, row: JobRow, context: JobContext) -> str:
        kind = self._kinds.get(row.kind, UnknownKind(row.kind))
        try:
            with bind_tenant(row.tenant_id), tracing.span(_tracer, f"job {row.kind}", kind=SpanKind.CONSUMER):
                await kind.run(context)
        except JobTakenAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a kind raises is its job's outcome
            outcome = error
        else:
            await _recorded(lambda: self._succeeded(context))
            return "succeeded"
        return await self._failed(row, context, outcome, kind.max_attempts)

    async def _succeeded(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            await JobRepository(work.session).finish(context.job_id, "succeeded")

    async def _failed(self, row: JobRow, context: JobContext, error: Exception, max_attempts: int) -> str:
        outage = is_outage(error) and row.attempt <= MOST_OUTAGES
        failures = row.failures + int(not outage)
        if isinstance(error, EngineError):
            code, message = error.code, error.message
        else:
            code, message = "job.failed", f"The job failed unexpectedly ({type(error).__name__}); the log says more."
        again = not is_permanent(error) and failures < max_attempts
        # A job that was refused, such as that of a damaged document, is nobody's bug: its code says it all.
        trace = None if is_permanent(error) else error
        _log.warning(
            "job_failed", job_id=str(context.job_id), kind=row.kind, subject_id=str(row.subject_id), code=code,
            again=again, exc_info=trace,
        )  # fmt: skip

        async def record() -> None:
            async with context.unit_of_work() as work:
                repository = JobRepository(work.session)
                if again:
                    delay = delay_before_retry(error, row.attempt if outage else failures)
                    note = f"{message} Trying again."
                    await repository.requeue(context.job_id, delay_seconds=delay, failed=not outage, note=note)
                else:
                    await repository.finish(context.job_id, "failed", code=code, message=message)

        await _recorded(record)
        return "retried" if again else "failed"

    async def _give_back(self, context: JobContext) -> None:
        try:
            async with context.unit_of_work() as work:
                await JobRepository(work.session).requeue(context.job_id)
        except JobTakenAway:
            _log.info("job_taken_away", job_id=str(context.job_id))


async def _recorded(step: Callable[[], Awaitable[T]]) -> T:
    """Return what `step` returns, repeating it while the database does not answer.

    A job whose end is not recorded would wait for the reaper. It ends at the latest when the lease is lost,
    for then the worker stops and cancels it. A repeat after a lost acknowledgement finds that it holds nothing.
    """
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return await step()
        except NO_ANSWER as error:
            _log.warning("job_step_not_recorded", error=type(error).__name__, again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class UnknownKind:
    """Stands for a kind whose component is not installed: its jobs fail and say so."""

    name: str
    max_attempts: int = 1

    async def run(self, context: JobContext) -> None:  # noqa: ARG002 - the Protocol's signature
        raise NotFound("job.kind_unknown", f"No installed component runs jobs of the kind {self.name!r}.")
