"""Giving what lost workers held to others, each job exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database
from mcp_engine.jobs.backend import QueueClient, workflow_id
from mcp_engine.jobs.dispatcher import wake_dispatchers
from mcp_engine.jobs.repository import JobRepository

LEADER_LOCK = 0x6D6370726561
MAX_LOSSES = 5
"""How many workers a job may take down with it before it is given up."""
SWEEP = 500
KEPT = timedelta(days=1)
_FORGET_EVERY = timedelta(hours=1)
_log = structlog.get_logger(__name__)


class Reaper:
    """Finds jobs that nobody works on. Every worker has one; an advisory lock lets one work at a time.

    An expired lease is marked first, and from then on its worker can't write. Three kinds of hand-over
    are then without a worker: those that DBOS says are taken by an executor without a good lease
    (killed, stalled, or stopped just as it took one), those that a living executor took and does not
    start (its connection broke between the claim and the start), and those that have ended in DBOS
    although their job has not (a worker that could not record the end). Each such job is queued under a
    new hand-over number, which a crash in between makes harmless to repeat; of two hand-overs of a
    job one starts it.

    Args:
        start_seconds: how long a worker may take to start what it took.
    """

    def __init__(self, database: Database, client: QueueClient, start_seconds: float) -> None:
        self._database = database
        self._client = client
        self._start_time = timedelta(seconds=start_seconds)
        self._swept_to: UUID | None = None
        self._forget_at = datetime.now(UTC)

    async def reap(self) -> int:
        """Queue again what nobody works on; return how many jobs that were."""
        async with self._database.global_work() as session:
            repository = JobRepository(session)
            if not await repository.lead(LEADER_LOCK):
                return 0
            lost = await repository.mark_expired()
        moved = await self._sweep_taken() + await self._sweep_ended()
        for worker_id in lost:
            async with self._database.global_work() as session:
                await JobRepository(session).end_lease(worker_id)
            _log.warning("worker_lost", worker_id=str(worker_id))
        if moved:
            _log.warning("jobs_queued_again", jobs=moved)
            wake_dispatchers()
        await self._forget()
        return moved

    async def _sweep_taken(self) -> int:
        # In this order: a worker has its lease before it takes its first workflow.
        taken = await self._client.taken()
        async with self._database.global_work() as session:
            living = {str(lease.worker_id) for lease in await JobRepository(session).workers()}
        lost = [one for one in taken if one.executor_id not in living]
        moved = sum([await self._queue_again(one.job_id, one.hand_over) for one in lost])
        await self._client.cancel([one.workflow_id for one in lost])
        due = datetime.now(UTC) - self._start_time
        for one in taken:
            if (
                one.executor_id in living
                and one.taken_at < due
                and await self._queue_again(one.job_id, one.hand_over, unless_started=True)
            ):
                await self._client.cancel([one.workflow_id])
                moved += 1
        return moved

    async def _sweep_ended(self) -> int:
        """Look at one batch of hand-overs, in turn."""
        async with self._database.global_work() as session:
            rows = await JobRepository(session).dispatched(self._swept_to, SWEEP)
        self._swept_to = rows[-1].job_id if len(rows) == SWEEP else None
        active = await self._client.active([workflow_id(row.job_id, row.dispatch) for row in rows])
        ended = [row for row in rows if workflow_id(row.job_id, row.dispatch) not in active]
        return sum([await self._queue_again(row.job_id, row.dispatch) for row in ended])

    async def _queue_again(self, job_id: UUID, hand_over: int, *, unless_started: bool = False) -> bool:
        async with self._database.global_work() as session:
            row = await JobRepository(session).outbox_row(job_id)
        if row is None or row.dispatch != hand_over:
            return False
        async with self._database.unit_of_work(row.tenant_id, ENGINE) as work:
            repository = JobRepository(work.session)
            # Locked in the order in which everybody locks: the job, then its outbox row.
            job = await repository.get(job_id, for_change=True)
            present = await repository.outbox_row(job_id)
            if job is None or present is None or present.dispatch != hand_over:
                return False
            if job.state == "running" and unless_started:
                return False
            if job.state != "running":
                await repository.hand_over_again(job_id)
            elif job.losses + 1 < MAX_LOSSES:
                await repository.requeue(job_id, lost=True)
            else:
                await repository.fail_lost(
                    job_id,
                    code="job.workers_lost",
                    message=f"{MAX_LOSSES} workers were lost while they ran this job; "
                    "the log says how they ended. Retry the job when that is solved.",
                )
        return True

    async def _forget(self) -> None:
        """Remove what DBOS keeps of hand-overs that ended long ago."""
        now = datetime.now(UTC)
        if now < self._forget_at:
            return
        if await self._client.forget(now - KEPT, SWEEP) < SWEEP:
            self._forget_at = now + _FORGET_EVERY
