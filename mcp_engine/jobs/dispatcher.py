"""From the outbox to the queue: what a transaction enqueued is handed to DBOS after its commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from mcp_engine.database.engine import Database
from mcp_engine.jobs.backend import QueueClient
from mcp_engine.jobs.repository import JobRepository

BATCH = 100
_FAILURE_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class Dispatcher:
    """Runs in the server and in every worker: woken by this process's commits, polling for those of others.

    A crash between the hand-over and its mark repeats the hand-over under the same workflow id,
    which DBOS takes once.
    """

    def __init__(self, database: Database, client: QueueClient, *, poll_seconds: float = 1.0) -> None:
        self._database = database
        self._client = client
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="job-dispatcher")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def dispatch(self) -> int:
        """Hand over what is due; return how many hand-overs that were."""
        async with self._database.global_work() as session:
            repository = JobRepository(session)
            due = await repository.due(BATCH)
            for row in due:
                await self._client.enqueue(row.job_id, row.tenant_id, row.dispatch)
            if due:
                await repository.mark_dispatched([row.job_id for row in due])
        return len(due)

    async def _run(self) -> None:
        forget = on_enqueue(self._wake.set)
        try:
            while True:
                self._wake.clear()
                try:
                    handed_over = await self.dispatch()
                except Exception as error:  # noqa: BLE001 - it must go on: DBOS has errors of its own
                    _log.error("job_dispatch_failed", exc_info=error)
                    await asyncio.sleep(_FAILURE_SECONDS)
                    continue
                if handed_over < BATCH:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
        finally:
            forget()


_wake_ups: list[Callable[[], None]] = []


def on_enqueue(wake_up: Callable[[], None]) -> Callable[[], None]:
    """Call `wake_up` after each commit of this process that enqueued; return what undoes it."""
    _wake_ups.append(wake_up)
    return lambda: _wake_ups.remove(wake_up)


def wake_dispatchers() -> None:
    for wake_up in _wake_ups:
        wake_up()
