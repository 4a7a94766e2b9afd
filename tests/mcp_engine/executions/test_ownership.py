"""What a dead process left is recorded as interrupted; what a living one runs is left alone."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict
from mcp_engine.executions.schemas import (
    INTERRUPTED,
)
from mcp_engine.executions.service import ExecutionService
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.executions.runs import OUTCOME, START, leaf_facts


async def test_what_a_dead_process_left_is_recorded_as_interrupted(
    fresh_database: Database, fresh_owner_url: str
) -> None:
    first, second = await make_tenant(fresh_database), await make_tenant(fresh_database)
    dead, alive = ExecutionService(fresh_database), ExecutionService(fresh_database)
    assert (await dead.record_interrupted(), await alive.record_interrupted()) == (0, 0)
    left = [(caller, await dead.start(caller, START)) for caller in (first, second)]
    ended = await dead.start(first, START)
    await ended.finish(OUTCOME)
    kept = await alive.start(first, START)

    starting = ExecutionService(fresh_database)
    assert await starting.record_interrupted() == 0, "both processes live"
    await dead.close()
    assert await starting.record_interrupted() == 2
    assert await starting.record_interrupted() == 0
    for caller, running in left:
        found = await starting.get(caller, running.id)
        assert (found.status, found.error_code, found.latency_total_ms) == ("failed", INTERRUPTED, None)
        assert len(await leaf_facts(fresh_database, caller, running.id)) == 1
        with pytest.raises(Conflict):
            await running.finish(OUTCOME)
    assert (await starting.get(first, ended.id)).status == "succeeded"
    await kept.finish(OUTCOME)
    await asyncio.gather(alive.close(), starting.close())


async def test_a_connection_that_breaks_frees_the_owner(fresh_database: Database, fresh_owner_url: str) -> None:
    caller = await make_tenant(fresh_database)
    crashed = ExecutionService(fresh_database)
    await crashed.record_interrupted()
    running = await crashed.start(caller, START)
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    starting = ExecutionService(fresh_database)
    assert await starting.record_interrupted() == 1
    assert (await starting.get(caller, running.id)).error_code == INTERRUPTED
    await starting.close()
    await crashed.close()
