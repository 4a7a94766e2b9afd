"""A worker: takes jobs off the queue and runs them for as long as its lease holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from mcp_engine.database.engine import Database
from mcp_engine.jobs.backend import QueueClient, launch_executor, stop_executor
from mcp_engine.jobs.dispatcher import Dispatcher
from mcp_engine.jobs.kinds import JobKind
from mcp_engine.jobs.lease import Lease, Timings
from mcp_engine.jobs.reaper import Reaper
from mcp_engine.jobs.runner import JobRunner

_log = structlog.get_logger(__name__)


async def run_worker(
    database: Database,
    queue_url: str | URL,
    kinds: Mapping[str, JobKind],
    *,
    concurrency: int,
    stop: asyncio.Event,
    timings: Timings | None = None,
) -> bool:
    """Run jobs until `stop` is set or the lease is lost; one worker a process.

    What runs at the end is cancelled and given back to the queue.

    Returns:
        whether the worker was told to stop; False when it lost its lease and must start afresh.
    """
    timings = timings or Timings()
    lease = await Lease.acquire(database, timings.lease_seconds)
    lost = asyncio.Event()
    client = QueueClient(queue_url)
    runner = JobRunner(database, lease, kinds)
    dispatcher = Dispatcher(database, client)
    loop = asyncio.get_running_loop()
    background = [
        asyncio.create_task(lease.keep(database, lost), name="worker-lease"),
        asyncio.create_task(
            _reap(Reaper(database, client, timings.start_seconds), timings.reap_seconds), name="job-reaper"
        ),
    ]
    try:
        await asyncio.to_thread(
            launch_executor, queue_url, lease.worker_id,
            run=runner.run, loop=loop, concurrency=concurrency, poll_seconds=timings.poll_seconds,
        )  # fmt: skip
        dispatcher.start()
        _log.info("worker_started", worker_id=str(lease.worker_id), kinds=sorted(kinds))
        await _first(stop, lost)
    finally:
        await runner.stop()
        await dispatcher.stop()
        await asyncio.to_thread(stop_executor)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await client.close()
        if not lost.is_set():
            await _release(lease, database)
    return not lost.is_set()


async def _reap(reaper: Reaper, seconds: float) -> None:
    while True:
        try:
            await reaper.reap()
        except Exception as error:  # noqa: BLE001 - it must go on: DBOS has errors of its own
            _log.error("job_reaping_failed", exc_info=error)
        await asyncio.sleep(seconds)


async def _release(lease: Lease, database: Database) -> None:
    try:
        await lease.release(database)
    except (SQLAlchemyError, OSError) as error:
        _log.warning("worker_lease_left_to_expire", error=type(error).__name__)


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
