"""One attempt at one job, from the queue to its end or its next hand-over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from opentelemetry.trace import SpanKind

from mcp_engine.database.engine import Database
from mcp_engine.errors import EngineError, NotFound
from mcp_engine.jobs.context import JobContext, JobTakenAway
from mcp_engine.jobs.kinds import JobKind, delay_before_retry, is_permanent
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.tables import JobRow
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.context import bind_tenant
from mcp_engine.telemetry.metrics import JOB_SECONDS, JOBS

ENGINE = UUID(int=0)
"""The actor of what a worker does about a job before it knows for whom it works."""
_log = structlog.get_logger(__name__)
_tracer = tracing.tracer(__name__)


class JobRunner:
    """Runs jobs under one lease."""

    def __init__(self, database: Database, lease: Lease, kinds: Mapping[str, JobKind]) -> None:
        self._database = database
        self._lease = lease
        self._kinds = kinds
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, tenant_id: UUID, job_id: UUID) -> None:
        """Run one hand-over; returns when its job is ended, queued again, or no longer this worker's."""
        task = asyncio.create_task(self._attempt(tenant_id, job_id), name=f"job-{job_id}")
        self._running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._running.discard(task)

    async def stop(self) -> None:
        """Cancel what runs and give it back to the queue."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _attempt(self, tenant_id: UUID, job_id: UUID) -> None:
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            row = await JobRepository(work.session).start(job_id, self._lease.worker_id)
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
        JOBS.labels(row.kind, status).inc()
        JOB_SECONDS.labels(row.kind).observe(time.monotonic() - began)

    async def _run_kind(self, row: JobRow, context: JobContext) -> str:
        kind = self._kinds.get(row.kind, UnknownKind(row.kind))
        try:
            with bind_tenant(row.tenant_id), tracing.span(_tracer, f"job {row.kind}", kind=SpanKind.CONSUMER):
                await kind.run(context)
        except JobTakenAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a kind raises is its job's outcome
            return await self._failed(row, context, error, kind.max_attempts)
        async with context.unit_of_work() as work:
            await JobRepository(work.session).finish(context.job_id, "succeeded")
        return "succeeded"

    async def _failed(self, row: JobRow, context: JobContext, error: Exception, max_attempts: int) -> str:
        failures = row.failures + 1
        if isinstance(error, EngineError):
            code, message = error.code, error.message
        else:
            code, message = "job.failed", f"The job failed unexpectedly ({type(error).__name__}); the log says more."
        again = not is_permanent(error) and failures < max_attempts
        _log.warning("job_failed", job_id=str(context.job_id), kind=row.kind, code=code, again=again, exc_info=error)
        async with context.unit_of_work() as work:
            repository = JobRepository(work.session)
            if again:
                delay = delay_before_retry(error, failures)
                await repository.requeue(
                    context.job_id, delay_seconds=delay, failed=True, note=f"{message} Trying again."
                )
            else:
                await repository.finish(context.job_id, "failed", code=code, message=message)
        return "retried" if again else "failed"

    async def _give_back(self, context: JobContext) -> None:
        try:
            async with context.unit_of_work() as work:
                await JobRepository(work.session).requeue(context.job_id, lost=True)
        except JobTakenAway:
            _log.info("job_taken_away", job_id=str(context.job_id))


@dataclass(frozen=True, slots=True)
class UnknownKind:
    """Stands for a kind whose component is not installed: its jobs fail and say so."""

    name: str
    max_attempts: int = 1

    async def run(self, context: JobContext) -> None:  # noqa: ARG002 - the Protocol's signature
        raise NotFound("job.kind_unknown", f"No installed component runs jobs of the kind {self.name!r}.")
