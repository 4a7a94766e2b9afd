"""The transactions of a running job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.service import JobService


@pytest_asyncio.fixture(loop_scope="session")
async def context(jobs_database: Database, jobs: JobService, owner: Caller) -> JobContext:
    """A job that this process has taken, as a worker would."""
    return await taken(jobs_database, jobs, owner)


async def taken(database: Database, jobs: JobService, owner: Caller) -> JobContext:
    async with database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        job_id = await jobs.enqueue(work, kind="test.insert", subject_id=new_id())
    lease = await Lease.acquire(database, 30)
    async with database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        row = await JobRepository(work.session).start(job_id, lease.worker_id)
    assert row is not None
    return JobContext(
        database, lease, job_id, owner.tenant_id, owner.principal_id, row.subject_id, row.namespace, row.attempt
    )


async def open_another(context: JobContext) -> None:
    async with context.unit_of_work():
        pass


@pytest.mark.parametrize("inner", [lambda context: context.progress(1, 2), open_another], ids=["progress", "work"])
async def test_a_second_unit_of_work_inside_the_first_is_refused_at_once(
    context: JobContext, inner: Callable[[JobContext], Awaitable[None]]
) -> None:
    async with asyncio.timeout(20), context.unit_of_work() as work:
        with pytest.raises(RuntimeError, match="before or after it"):
            await inner(context)
        with pytest.raises(RuntimeError, match="before or after it"):
            await asyncio.gather(inner(context))
        await JobRepository(work.session).set_progress(context.job_id, 1, 2, None)
    await inner(context)


async def test_two_tasks_of_one_job_write_one_after_the_other(context: JobContext) -> None:
    async def write() -> None:
        async with context.unit_of_work() as work:
            values = {"subject": context.subject_id}
            await work.session.execute(text("INSERT INTO job_result VALUES (:subject, 1, 1)"), values)

    async with asyncio.timeout(20):
        await asyncio.gather(write(), write(), context.progress(1, 1))
    async with context.database.global_work() as session:
        assert (await session.execute(text("SELECT count(*) FROM job_result"))).scalar_one() == 2


async def test_a_unit_of_work_of_another_job_is_no_hindrance(
    context: JobContext, jobs_database: Database, jobs: JobService, owner: Caller
) -> None:
    other = await taken(jobs_database, jobs, owner)
    async with asyncio.timeout(20), context.unit_of_work():
        await other.progress(1, 1)
    assert (await jobs.get(owner, other.job_id)).progress_done == 1
