"""Giving the jobs of lost workers to others, each exactly once."""

from __future__ import annotations

from uuid import UUID

import structlog

from mcp_engine.database.engine import Database
from mcp_engine.jobs.backend import QueueClient
from mcp_engine.jobs.dispatcher import wake_dispatchers
from mcp_engine.jobs.repository import JobRepository

LEADER_LOCK = 0x6D6370726561
ENGINE = UUID(int=0)
_log = structlog.get_logger(__name__)


class Reaper:
    """Looks for expired leases. Every worker has one; an advisory lock lets one work at a time.

    A lost worker's lease is marked first, and from then on it can't write. What it holds is what DBOS
    says it took and has not ended, whether the attempt had begun or not. Each is queued again
    under its next hand-over number and then cancelled in DBOS; a crash in between repeats the first
    half, which does nothing for a hand-over that is no longer the present one.
    """

    def __init__(self, database: Database, client: QueueClient) -> None:
        self._database = database
        self._client = client

    async def reap(self) -> int:
        """Give away what lost workers held; return how many jobs that were."""
        async with self._database.global_work() as session:
            repository = JobRepository(session)
            lost = await repository.take_expired() if await repository.lead(LEADER_LOCK) else []
        return sum([await self._bury(worker_id) for worker_id in lost])

    async def _bury(self, worker_id: UUID) -> int:
        held = await self._client.held_by(worker_id)
        moved = 0
        for _, job_id, hand_over in held:
            moved += await self._give_away(job_id, hand_over, worker_id)
        await self._client.cancel([identifier for identifier, _, _ in held])
        async with self._database.global_work() as session:
            await JobRepository(session).end_lease(worker_id)
        _log.warning("worker_lost", worker_id=str(worker_id), jobs=moved)
        wake_dispatchers()
        return moved

    async def _give_away(self, job_id: UUID, hand_over: int, worker_id: UUID) -> bool:
        async with self._database.global_work() as session:
            row = await JobRepository(session).outbox_row(job_id)
        if row is None or row.dispatch != hand_over:
            return False
        async with self._database.unit_of_work(row.tenant_id, ENGINE) as work:
            repository = JobRepository(work.session)
            present = await repository.outbox_row(job_id)
            if present is None or present.dispatch != hand_over:
                return False
            await repository.release_from(job_id, worker_id)
            await repository.hand_over_again(job_id)
        return True
