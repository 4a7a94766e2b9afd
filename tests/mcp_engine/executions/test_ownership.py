"""What a dead process left is recorded as interrupted; what a living one runs is left alone."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from uuid import UUID

import psycopg
import pytest

from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict
from mcp_engine.executions import repository
from mcp_engine.executions.ownership import Absences
from mcp_engine.executions.schemas import INTERRUPTED
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
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

    starting = ExecutionService(fresh_database, grace_seconds=0)
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


async def test_a_living_process_keeps_its_claim_when_the_database_ends_its_connections(
    fresh_database: Database, fresh_owner_url: str
) -> None:
    caller = await make_tenant(fresh_database)
    living, looking = ExecutionService(fresh_database), ExecutionService(fresh_database)
    await living.record_interrupted()
    running = await living.start(caller, START)
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await looking.record_interrupted() == 0, "it may be back in a moment"
    async with asyncio.timeout(30):
        while await absent(fresh_database):
            await asyncio.sleep(0.05)
    strict = ExecutionService(fresh_database, grace_seconds=0)
    assert await strict.record_interrupted() == 0, "it is back"
    await running.finish(OUTCOME)
    assert (await looking.get(caller, running.id)).status == "succeeded"
    await asyncio.gather(living.close(), looking.close(), strict.close())


async def absent(database: Database) -> set[UUID]:
    async with database.global_work() as session:
        return (await repository.absent_owners(session))[0]


RUNNER = """
import asyncio, sys
from uuid import UUID
from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.executions.schemas import StartExecution
from mcp_engine.executions.service import ExecutionService

async def main() -> None:
    service = ExecutionService(Database(sys.stdin.readline().strip()))
    await service.record_interrupted()
    tenant, principal = map(UUID, sys.argv[1:])
    caller = Caller(tenant, principal, "person", frozenset(), credential_id=principal)
    print((await service.start(caller, StartExecution("default", "prompt_run", "x"))).id, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_a_killed_process_left_is_found_without_another_start(fresh_database: Database) -> None:
    caller = await make_tenant(fresh_database)
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUNNER, str(caller.tenant_id), str(caller.principal_id), stdin=PIPE, stdout=PIPE
    )
    assert killed.stdin is not None
    assert killed.stdout is not None
    killed.stdin.write(fresh_database.url.render_as_string(hide_password=False).encode() + b"\n")
    execution_id = UUID((await killed.stdout.readline()).decode().strip())
    looking = ExecutionService(fresh_database, grace_seconds=0)
    assert await looking.record_interrupted() == 0
    killed.kill()
    await killed.wait()
    async with asyncio.timeout(60):
        while (await looking.get(caller, execution_id)).status == "running":
            await asyncio.sleep(0.05)
    assert (await looking.get(caller, execution_id)).error_code == INTERRUPTED
    await looking.close()


def test_an_owner_is_dead_when_it_was_absent_all_the_time() -> None:
    owner = new_id()
    patient, hasty = Absences(grace_seconds=3600), Absences(grace_seconds=0)
    assert patient.dead({owner}, "start") == patient.dead({owner}, "start") == []
    assert hasty.dead({owner}, "start") == [owner]
    assert hasty.dead(set(), "start") == []


def test_a_restart_of_the_database_begins_the_time_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, now = new_id(), 0.0
    monkeypatch.setattr("mcp_engine.executions.ownership.time.monotonic", lambda: now)
    absences = Absences(grace_seconds=10)
    assert absences.dead({owner}, "first start") == []
    now = 11.0
    assert absences.dead({owner}, "second start") == []
    absences.forget()
    assert absences.dead({owner}, "second start") == []
    now = 21.0
    assert absences.dead({owner}, "second start") == [owner]
