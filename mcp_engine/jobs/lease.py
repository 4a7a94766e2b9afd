"""A worker's lease: how the others know that it lives, and the token that fences its writes."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from uuid import UUID

import structlog

from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.tables import LeaseRow

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timings:
    """How patient workers are, in seconds; the defaults suit a server, tests use shorter ones.

    Args:
        lease_seconds: a worker that gives no sign of life for so long is given up.
        poll_seconds: how often queues and the outbox are looked at.
        reap_seconds: how often workers look for expired leases.
        start_seconds: a job that a worker took and has not started for so long is given to another.
    """

    lease_seconds: float = 30.0
    poll_seconds: float = 0.25
    reap_seconds: float = 5.0
    start_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease that one worker process holds; `worker_id` is unique for each start of a process."""

    worker_id: UUID
    token: int
    seconds: float

    @classmethod
    async def acquire(cls, database: Database, seconds: float) -> Lease:
        """Register this process as a worker."""
        async with database.global_work() as session:
            repository = JobRepository(session)
            lease = cls(new_id(), await repository.next_token(), seconds)
            row = LeaseRow(worker_id=lease.worker_id, token=lease.token, host=socket.gethostname(), pid=os.getpid())  # type: ignore[call-arg]
            await repository.add_lease(row, seconds)
        return lease

    async def keep(self, database: Database, lost: asyncio.Event) -> None:
        """Renew until cancelled; set `lost` and return when the lease could not be kept.

        A database that does not answer is asked again until the lease must have ended.
        """
        loop = asyncio.get_running_loop()
        good_until = loop.time() + self.seconds
        while True:
            await asyncio.sleep(self.seconds / 4)
            asked_at = loop.time()
            try:
                async with asyncio.timeout_at(good_until), database.global_work() as session:
                    kept = await JobRepository(session).renew_lease(self.worker_id, self.token, self.seconds)
            except TimeoutError:
                kept = False
            except Exception as error:  # noqa: BLE001 - whatever the reason, a worker must not outlive its lease
                _log.warning("worker_lease_not_renewed", error=type(error).__name__)
                kept = loop.time() < good_until
            else:
                good_until = asked_at + self.seconds if kept else good_until
            if not kept:
                _log.error("worker_lease_lost", worker_id=str(self.worker_id))
                lost.set()
                return

    async def release(self, database: Database) -> None:
        async with database.global_work() as session:
            await JobRepository(session).end_lease(self.worker_id)
