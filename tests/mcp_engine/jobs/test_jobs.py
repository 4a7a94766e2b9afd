"""Durable jobs: transactional, exactly once in effect, whatever happens to workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from uuid import UUID

import psycopg
import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.dispatcher import Dispatcher
from mcp_engine.jobs.schemas import JobFilters
from mcp_engine.jobs.service import JobService
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.jobs.conftest import StartWorker, results, until


async def enqueue(database: Database, jobs: JobService, caller: Caller, kind: str, count: int = 1) -> list[UUID]:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return [await jobs.enqueue(work, kind=kind, subject_id=new_id()) for _ in range(count)]


def finished(jobs: JobService, caller: Caller, *job_ids: UUID) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return all([(await jobs.get(caller, job_id)).finished for job_id in job_ids])

    return condition


def all_finished(jobs: JobService, caller: Caller) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return await jobs.unfinished(caller) == 0

    return condition


def running_jobs(owner_url: str, pid: int) -> int:
    held = "SELECT count(*) FROM job JOIN worker_lease USING (worker_id) WHERE state = 'running' AND pid = %s"
    with psycopg.connect(plain_url(owner_url)) as connection:
        row = connection.execute(held, [pid]).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_rolled_back_transaction_enqueues_nothing(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher
) -> None:
    with pytest.raises(RuntimeError):
        async with jobs_database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
            await jobs.enqueue(work, kind="test.insert", subject_id=new_id())
            raise RuntimeError
    assert await dispatcher.dispatch() == 0
    assert (await jobs.list(owner, JobFilters())).items == []


async def test_what_a_crash_left_in_the_outbox_is_swept_up_once(
    jobs_database: Database, jobs: JobService, owner: Caller, dispatcher: Dispatcher, start_worker: StartWorker
) -> None:
    await enqueue(jobs_database, jobs, owner, "test.insert", 3)
    assert await dispatcher.dispatch() == 3
    assert await dispatcher.dispatch() == 0
    start_worker()
    await until(all_finished(jobs, owner))
    assert len(await results(jobs_database)) == 3


@pytest.mark.slow
async def test_two_hundred_jobs_survive_the_kill_of_one_of_two_workers(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker, fresh_owner_url: str
) -> None:
    await enqueue(jobs_database, jobs, owner, "test.insert", 200)
    victim, _ = start_worker(0.1), start_worker(0.1)

    async def victim_is_in_the_middle_of_jobs() -> bool:
        if len([pid for _, _, pid in await results(jobs_database) if pid == victim.pid]) < 10:
            return False
        os.kill(victim.pid, signal.SIGSTOP)
        if running_jobs(fresh_owner_url, victim.pid):
            return True
        os.kill(victim.pid, signal.SIGCONT)
        return False

    await until(victim_is_in_the_middle_of_jobs)
    victim.kill()
    await until(all_finished(jobs, owner))
    written = await results(jobs_database)
    assert len(written) == len({subject for subject, _, _ in written}) == 200
    assert {job.state for job in (await jobs.list(owner, JobFilters(), limit=200)).items} == {"succeeded"}
    lost = [job for job in (await jobs.list(owner, JobFilters(), limit=200)).items if job.losses]
    assert lost, "the victim held jobs when it was killed"


@pytest.mark.slow
async def test_a_worker_that_was_given_up_cannot_write(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker
) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    stalled = start_worker(1.5)

    async def is_running() -> bool:
        return (await jobs.get(owner, job_id)).progress_total == 1

    await until(is_running)
    os.kill(stalled.pid, signal.SIGSTOP)
    start_worker(0.0)
    await until(finished(jobs, owner, job_id))
    os.kill(stalled.pid, signal.SIGCONT)
    assert stalled.wait(30) == 3
    written = await results(jobs_database)
    assert [(attempt, pid == stalled.pid) for _, attempt, pid in written] == [(2, False)]
    assert (await jobs.get(owner, job_id)).losses == 1


async def test_a_worker_that_is_stopped_gives_its_job_back_at_once(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker
) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    first = start_worker(30)

    async def is_running() -> bool:
        return (await jobs.get(owner, job_id)).progress_total == 1

    await until(is_running)
    first.terminate()
    assert first.wait(30) == 0
    assert (await jobs.get(owner, job_id)).state == "queued"
    start_worker()
    await until(finished(jobs, owner, job_id))
    assert len(await results(jobs_database)) == 1


@pytest.mark.slow
async def test_permanent_errors_end_a_job_and_transient_ones_repeat_it(
    jobs_database: Database,
    jobs: JobService,
    owner: Caller,
    start_worker: StartWorker,
    capfd: pytest.CaptureFixture[str],
) -> None:
    kinds = ["test.permanent", "test.transient", "test.hopeless", "test.outlived", "test.crashing", "test.nobody_knows"]
    ids = [(await enqueue(jobs_database, jobs, owner, kind))[0] for kind in kinds]
    start_worker()
    await until(finished(jobs, owner, *ids))
    failed = [line for line in capfd.readouterr().err.splitlines() if '"job_failed"' in line]
    assert {kind for kind in kinds if any(kind in line and "Traceback" in line for line in failed)} == set(kinds[1:5])
    permanent, transient, hopeless, outlived, crashing, unknown = [await jobs.get(owner, job_id) for job_id in ids]
    assert (permanent.state, permanent.attempt, permanent.error_code) == ("failed", 1, "test.wrong")
    assert (transient.state, transient.attempt, transient.failures) == ("succeeded", 3, 2)
    assert (hopeless.state, hopeless.attempt, hopeless.error_code) == ("failed", 2, "job.failed")
    assert (outlived.state, outlived.attempt, outlived.failures) == ("succeeded", 3, 0)
    assert (crashing.state, crashing.attempt, crashing.failures) == ("failed", 5, 1), "three outages, two failures"
    assert (unknown.state, unknown.error_code) == ("failed", "job.kind_unknown")


@pytest.mark.slow
async def test_a_cancelled_job_writes_nothing_and_can_be_retried(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker
) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    start_worker(1.0)

    async def is_running() -> bool:
        return (await jobs.get(owner, job_id)).progress_total == 1

    await until(is_running)
    assert (await jobs.cancel(owner, job_id)).state == "cancelled"
    with pytest.raises(Conflict):
        await jobs.retry(owner, (await enqueue(jobs_database, jobs, owner, "test.permanent"))[0])
    await until(all_finished(jobs, owner))
    assert await results(jobs_database) == []
    assert (await jobs.retry(owner, job_id)).state == "queued"
    await until(finished(jobs, owner, job_id))
    assert len(await results(jobs_database)) == 1


@pytest.mark.slow
async def test_a_tenant_does_not_wait_behind_anothers_hundred(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker
) -> None:
    other = await make_tenant(jobs_database)
    await enqueue(jobs_database, jobs, owner, "test.insert", 100)
    start_worker(0.2)

    async def busy() -> bool:
        return len(await results(jobs_database)) >= 4

    await until(busy)
    [job_id] = await enqueue(jobs_database, jobs, other, "test.insert")
    await until(finished(jobs, other, job_id))
    assert await jobs.unfinished(owner) > 40


async def test_another_tenant_sees_no_job(jobs_database: Database, jobs: JobService, owner: Caller) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    other = await make_tenant(jobs_database)
    for refused in (jobs.get, jobs.cancel, jobs.retry):
        with pytest.raises(NotFound):
            await refused(other, job_id)
    assert (await jobs.list(other, JobFilters())).items == []


async def test_jobs_are_listed_newest_first_in_pages(jobs_database: Database, jobs: JobService, owner: Caller) -> None:
    made = [(await enqueue(jobs_database, jobs, owner, "test.insert"))[0] for _ in range(5)]
    first = await jobs.list(owner, JobFilters(kind="test.insert"), limit=3)
    second = await jobs.list(owner, JobFilters(), limit=3, cursor=first.next_cursor)
    assert [job.id for job in (*first.items, *second.items)] == made[::-1]
    assert second.next_cursor is None


async def test_jobs_are_listed_by_namespace(jobs_database: Database, jobs: JobService, owner: Caller) -> None:
    async with jobs_database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        inside = await jobs.enqueue(work, kind="test.insert", subject_id=new_id(), namespace="default")
        await jobs.enqueue(work, kind="test.insert", subject_id=new_id())
    assert [job.id for job in (await jobs.list(owner, JobFilters(namespace="default"))).items] == [inside]
    assert (await jobs.list(owner, JobFilters(namespace="nowhere"))).items == []


async def test_watching_ends_with_the_job(
    jobs_database: Database, jobs: JobService, owner: Caller, start_worker: StartWorker
) -> None:
    [job_id] = await enqueue(jobs_database, jobs, owner, "test.insert")
    start_worker(0.1)
    states = [job.state async for job in jobs.watch(owner, job_id)]
    assert states[0] == "queued"
    assert states[-1] == "succeeded"
