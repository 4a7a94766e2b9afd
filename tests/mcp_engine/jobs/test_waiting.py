"""One job for many changes: it is joined while it waits, and sees all that joined it."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.jobs.service import JobService
from tests.conftest import make_tenant

KIND = "test.waiting"


async def asked_for(database: Database, caller: Caller, subject_id: UUID, kind: str = KIND) -> UUID:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return await JobService(database).enqueue_unless_waiting(work, kind=kind, subject_id=subject_id)


async def start(database: Database, caller: Caller, job_id: UUID) -> bool:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return await JobRepository(work.session).start(job_id, new_id()) is not None


async def test_a_waiting_job_is_joined_and_a_running_one_is_not(database: Database, caller: Caller) -> None:
    subject = new_id()
    first = await asked_for(database, caller, subject)
    assert await asked_for(database, caller, subject) == first
    assert await asked_for(database, caller, new_id()) != first
    assert await asked_for(database, caller, subject, "test.other") != first
    assert await asked_for(database, await make_tenant(database), subject) != first
    assert await start(database, caller, first)
    second = await asked_for(database, caller, subject)
    assert second != first
    await JobService(database).cancel(caller, second)
    assert await asked_for(database, caller, subject) != second


async def test_a_job_begins_after_what_joined_it_is_committed(database: Database, caller: Caller) -> None:
    subject = new_id()
    job_id = await asked_for(database, caller, subject)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert await JobService(database).enqueue_unless_waiting(work, kind=KIND, subject_id=subject) == job_id
        own = await work.session.scalar(text("SELECT pg_backend_pid()"))
        starting = asyncio.create_task(start(database, caller, job_id))
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE :own = ANY(pg_blocking_pids(pid))"
        while await database.scalar(blocked, own=own) == 0:
            assert not starting.done()
            await asyncio.sleep(0.01)
    assert await starting


async def test_a_job_that_is_about_to_begin_is_not_joined(database: Database, caller: Caller) -> None:
    subject = new_id()
    job_id = await asked_for(database, caller, subject)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert await JobRepository(work.session).start(job_id, new_id()) is not None
        assert await asked_for(database, caller, subject) != job_id
