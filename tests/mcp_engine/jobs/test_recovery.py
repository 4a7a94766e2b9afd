"""Every place where a job could be left with nobody: between queue and start, end and record, cancel and retry."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.backend import QueueClient
from mcp_engine.jobs.dispatcher import Dispatcher
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.reaper import MAX_LOSSES, Reaper
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.service import JobService
from tests.conftest import plain_url
from tests.mcp_engine.jobs.conftest import StartWorker, results, until
from tests.mcp_engine.jobs.kinds import Insert
from tests.mcp_engine.jobs.test_jobs import enqueue, finished

START_SECONDS = 30


@pytest_asyncio.fixture(loop_scope="session")
async def reaper(jobs_database: Database, queue_url: str) -> AsyncIterator[Reaper]:
    client = QueueClient(queue_url)
    reaper = Reaper(jobs_database, client, START_SECONDS)
    yield reaper
    await client.close()


def as_owner(owner_url: str, statement: str, *parameters: object) -> None:
    with psycopg.connect(plain_url(owner_url), autocommit=True) as connection:
        connection.execute(statement.encode(), parameters)


def hand_overs(owner_url: str) -> list[tuple[str, str]]:
    """Every hand-over that DBOS knows: its id and its state."""
    with psycopg.connect(plain_url(owner_url)) as connection:
        return connection.execute("SELECT workflow_uuid, status FROM dbos.workflow_status").fetchall()


async def test_a_job_cancelled_before_its_start_runs_when_it_is_retried(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker, fresh_owner_url: str
) -> None:
    """DBOS has seen and ended its first hand-over by then, and would ignore the same number."""
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    dispatcher_client = QueueClient(jobs_database.url)
    await Dispatcher(jobs_database, dispatcher_client).dispatch()
    await dispatcher_client.close()
    await jobs.cancel(owner, job_id)
    start_worker()

    async def has_ended_in_the_queue() -> bool:
        return {state for _, state in hand_overs(fresh_owner_url)} == {"SUCCESS"}

    await until(has_ended_in_the_queue)
    await jobs.retry(owner, job_id)
    await until(finished(jobs, owner, job_id))
    assert (await jobs.get(owner, job_id)).state == "succeeded"
    assert len(await results(jobs_database)) == 1


@pytest.mark.parametrize("state", ["PENDING", "SUCCESS", "ERROR", "CANCELLED"])
@pytest.mark.parametrize("job_state", ["queued", "running"])
async def test_a_hand_over_without_a_worker_is_repeated_once(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, reaper: Reaper,
    fresh_owner_url: str, state: str, job_state: str,
) -> None:  # fmt: skip
    """A worker that is gone took it off the queue, or it ended there and its job did not."""
    gone = new_id()
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    await dispatcher.dispatch()
    as_owner(fresh_owner_url, "UPDATE dbos.workflow_status SET status = %s, executor_id = %s", state, str(gone))
    if job_state == "running":
        as_owner(fresh_owner_url, "UPDATE job SET state = 'running', attempt = 1, worker_id = %s", gone)
    assert await reaper.reap() == 1
    assert await reaper.reap() == 0
    job = await jobs.get(owner, job_id)
    assert (job.state, job.losses) == ("queued", int(job_state == "running"))
    assert await dispatcher.dispatch() == 1
    states = sorted(found for _, found in hand_overs(fresh_owner_url))
    assert states == sorted(["ENQUEUED", "CANCELLED" if state == "PENDING" else state])
    assert await reaper.reap() == 0


async def taken_by_a_living_worker(
    jobs_database: Database, dispatcher: Dispatcher, owner_url: str, seconds_ago: int
) -> Lease:
    """Have every queued hand-over taken, and return the lease of the worker that took them."""
    lease = await Lease.acquire(jobs_database, 60)
    await dispatcher.dispatch()
    took_at = int(time.time() - seconds_ago) * 1000
    taken = "UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = %s, started_at_epoch_ms = %s"
    as_owner(owner_url, taken, str(lease.worker_id), took_at)
    return lease


async def test_what_a_living_worker_took_is_left_to_it(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, reaper: Reaper,
    fresh_owner_url: str,
) -> None:  # fmt: skip
    await enqueue(jobs_database, jobs, owner, "test.insert")
    lease = await taken_by_a_living_worker(jobs_database, dispatcher, fresh_owner_url, 0)
    assert await reaper.reap() == 0
    await lease.release(jobs_database)
    assert await reaper.reap() == 1


async def test_what_a_living_worker_does_not_start_is_given_to_another_once(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, reaper: Reaper,
    fresh_owner_url: str,
) -> None:  # fmt: skip
    """Its claim was committed, and then its connection broke before it knew what it had."""
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    await taken_by_a_living_worker(jobs_database, dispatcher, fresh_owner_url, START_SECONDS + 5)
    assert await reaper.reap() == 1
    assert await reaper.reap() == 0
    job = await jobs.get(owner, job_id)
    assert (job.state, job.losses) == ("queued", 0)
    await dispatcher.dispatch()
    assert sorted(found for _, found in hand_overs(fresh_owner_url)) == ["CANCELLED", "ENQUEUED"]


async def test_what_a_living_worker_runs_may_take_long(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, reaper: Reaper,
    fresh_owner_url: str,
) -> None:  # fmt: skip
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    lease = await taken_by_a_living_worker(jobs_database, dispatcher, fresh_owner_url, 86_400)
    running = "UPDATE job SET state = 'running', attempt = 1, worker_id = %s"
    as_owner(fresh_owner_url, running, lease.worker_id)
    assert await reaper.reap() == 0
    assert (await jobs.get(owner, job_id)).state == "running"


async def test_a_job_that_takes_every_worker_down_is_given_up(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, reaper: Reaper,
    fresh_owner_url: str,
) -> None:  # fmt: skip
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    for _ in range(MAX_LOSSES):
        await dispatcher.dispatch()
        taken = "UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = %s WHERE status = 'ENQUEUED'"
        as_owner(fresh_owner_url, taken, str(new_id()))
        as_owner(fresh_owner_url, "UPDATE job SET state = 'running', attempt = attempt + 1, worker_id = %s", new_id())
        assert await reaper.reap() == 1
    job = await jobs.get(owner, job_id)
    assert (job.state, job.losses, job.error_code) == ("failed", MAX_LOSSES, "job.workers_lost")
    assert await reaper.reap() == 0


async def test_without_its_lease_a_worker_starts_nothing(
    jobs_database: Database, jobs: JobService, owner: Caller
) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    lease = await Lease.acquire(jobs_database, 60)
    await lease.release(jobs_database)
    await JobRunner(jobs_database, lease, kinds_by_name([Insert(0)])).run(owner.tenant_id, job_id)
    assert (await jobs.get(owner, job_id)).state == "queued"


async def test_a_worker_that_stops_starts_nothing_more(
    jobs_database: Database, jobs: JobService, owner: Caller
) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    lease = await Lease.acquire(jobs_database, 60)
    runner = JobRunner(jobs_database, lease, kinds_by_name([Insert(0)]))
    await runner.stop()
    await runner.run(owner.tenant_id, job_id)
    assert (await jobs.get(owner, job_id)).state == "queued"


async def test_a_worker_survives_the_loss_of_every_connection(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker, fresh_owner_url: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    ids: list[UUID] = await enqueue(jobs_database, jobs, owner, "test.insert", 12)
    worker = start_worker(0.3, log=tmp_path / "log")

    async def some_are_done() -> bool:
        return len(await results(jobs_database)) >= 2

    await until(some_are_done)
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
    )
    as_owner(fresh_owner_url, others, "mcp_engine_app")
    await until(finished(jobs, owner, *ids))
    written = await results(jobs_database)
    assert len(written) == len({subject for subject, _, _ in written}) == len(ids)
    assert {(await jobs.get(owner, job_id)).state for job_id in ids} == {"succeeded"}
    assert worker.poll() is None
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert any(line["logger"].startswith("dbos") for line in lines)


async def test_what_ended_long_ago_is_forgotten(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, reaper: Reaper,
    fresh_owner_url: str,
) -> None:  # fmt: skip
    old, new = await enqueue(jobs_database, jobs, owner, "test.insert", 2)
    await dispatcher.dispatch()
    for job_id in (old, new):
        await jobs.cancel(owner, job_id)
    as_owner(fresh_owner_url, "UPDATE dbos.workflow_status SET status = 'SUCCESS'")
    aged = "UPDATE dbos.workflow_status SET created_at = created_at - 172800000 WHERE workflow_uuid LIKE %s"
    as_owner(fresh_owner_url, aged, f"{old}:%")
    await reaper.reap()
    assert [UUID(identifier.partition(":")[0]) for identifier, _ in hand_overs(fresh_owner_url)] == [new]
