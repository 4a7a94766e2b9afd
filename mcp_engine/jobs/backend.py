"""DBOS, the durable queue under the jobs: its schema, its client and its executor, and nothing else of it.

DBOS hands each workflow to exactly one executor. Whether a job may write is not left to it: without
its cloud console it can't tell a dead executor from a slow one, so leases and fencing are ours
(`lease`, `context`, `reaper`). A workflow's id is `<job id>:<hand-over>`, its arguments are ids.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from dbos import DBOS, DBOSClient, DBOSConfig
from dbos._serialization import DBOSPortableJSONSerializer
from sqlalchemy import URL

QUEUE = "mcp_engine_jobs"
WORKFLOW = "mcp_engine_job"
SCHEMA = "dbos"
APPLICATION = "mcp-engine"
# DBOS would hash the source: an upgrade would then orphan what is queued.
APPLICATION_VERSION = "jobs-1"
_ACTIVE = ["ENQUEUED", "DELAYED", "PENDING"]
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

RunJob = Callable[[UUID, UUID], Awaitable[None]]


def prepare(owner_url: str | URL, app_role: str) -> None:
    """Bring DBOS's own tables to the present schema as the owner, and let `app_role` use them."""
    _quiet()
    DBOS.migrate(_libpq(owner_url), schema=SCHEMA, application_role=app_role)


@dataclass(frozen=True, slots=True)
class Taken:
    """A hand-over that an executor took and has not ended."""

    workflow_id: str
    executor_id: str
    taken_at: datetime

    @property
    def job_id(self) -> UUID:
        return UUID(self.workflow_id.partition(":")[0])

    @property
    def hand_over(self) -> int:
        return int(self.workflow_id.partition(":")[2])


class QueueClient:
    """Hands jobs over, and looks at what executors hold. Every call runs in a thread: DBOS's client is synchronous."""

    def __init__(self, url: str | URL) -> None:
        _quiet()
        self._client = DBOSClient(
            system_database_url=_libpq(url),
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            system_database_pool_size=2,
            lazy=True,
        )

    async def enqueue(self, job_id: UUID, tenant_id: UUID, hand_over: int) -> None:
        """Queue one hand-over; a repeat of the same one does nothing."""
        await self._client.enqueue_async(
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": workflow_id(job_id, hand_over),
                "queue_partition_key": str(tenant_id),
                "app_version": APPLICATION_VERSION,
            },
            str(tenant_id),
            str(job_id),
        )

    async def taken(self) -> list[Taken]:
        """Return what executors, living or not, took off the queue and have not ended."""
        found = await self._client.list_workflows_async(
            queue_name=QUEUE, status="PENDING", load_input=False, load_output=False
        )
        return [Taken(item.workflow_id, item.executor_id or "", _moment(item.dequeued_at or 0)) for item in found]

    async def active(self, workflow_ids: Sequence[str]) -> set[str]:
        """Return those of `workflow_ids` that wait or run."""
        if not workflow_ids:
            return set()
        found = await self._client.list_workflows_async(
            workflow_ids=list(workflow_ids), status=_ACTIVE, load_input=False, load_output=False
        )
        return {item.workflow_id for item in found}

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` ended workflows that were made before; return how many those were."""
        found = await self._client.list_workflows_async(
            queue_name=QUEUE, status=_ENDED, end_time=before.isoformat(), limit=limit,
            load_input=False, load_output=False,
        )  # fmt: skip
        if found:
            await self._client.delete_workflows_async([item.workflow_id for item in found])
        return len(found)

    async def cancel(self, workflow_ids: Sequence[str]) -> None:
        """Take workflows out of the queue's books, so that they count against no limit."""
        if workflow_ids:
            await self._client.cancel_workflows_async(list(workflow_ids))

    async def close(self) -> None:
        await asyncio.to_thread(self._client.destroy)


def launch_executor(
    url: str | URL,
    worker_id: UUID,
    *,
    run: RunJob,
    loop: asyncio.AbstractEventLoop,
    concurrency: int,
    poll_seconds: float,
) -> None:
    """Begin to take jobs off the queue in this process and run each by `run` on `loop`.

    DBOS runs workflows on an event loop of its own; ours has the connections.
    """
    _quiet()
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": _libpq(url),
        "dbos_system_schema": SCHEMA,
        "executor_id": str(worker_id),
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "run_migrations": False,
        "sys_db_pool_size": 4,
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    DBOS(config=config)
    _quiet()  # making it gave its logger a handler of its own

    @DBOS.workflow(name=WORKFLOW)
    async def run_job(tenant_id: str, job_id: str) -> None:
        running = asyncio.run_coroutine_threadsafe(_awaited(run(UUID(tenant_id), UUID(job_id))), loop)
        await asyncio.wrap_future(running)

    DBOS.launch()
    DBOS.register_queue(
        QUEUE,
        worker_concurrency=concurrency,
        partition_worker_concurrency=concurrency,
        polling_interval_sec=poll_seconds,
        on_conflict="always_update",
    )


def stop_executor() -> None:
    """Stop taking jobs; what runs has been dealt with by the caller."""
    DBOS.destroy(destroy_registry=True)


def workflow_id(job_id: UUID, hand_over: int) -> str:
    return f"{job_id}:{hand_over}"


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _libpq(url: str | URL) -> str:
    if isinstance(url, URL):
        return url.render_as_string(hide_password=False)
    return url


def _quiet() -> None:
    """DBOS announces each step, on a handler of its own; warnings are enough, and stand with all other lines."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    logger.handlers.clear()
    logger.propagate = True
