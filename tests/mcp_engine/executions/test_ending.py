"""Every run ends once, whatever becomes of who ran it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, ModelFailed
from mcp_engine.executions.schemas import (
    ExecutionDetail,
    ExecutionFilter,
    Outcome,
)
from mcp_engine.executions.service import ExecutionService
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.executions.runs import OUTCOME, START, leaf_facts


async def test_a_failure_keeps_code_message_and_what_there_was(executions: ExecutionService, caller: Caller) -> None:
    running = await executions.start(caller, START)
    await running.fail(ModelFailed("model.crashed", "It died of mce_secret\x00."), Outcome(output="Beca"))
    found = await executions.get(caller, running.id)
    assert (found.status, found.error_code, found.error_message) == (
        "failed",
        "model.crashed",
        "It died of [redacted].",
    )
    assert found.output.value == "Beca"


async def test_an_unexpected_error_gives_away_its_class_only(executions: ExecutionService, caller: Caller) -> None:
    running = await executions.start(caller, START)
    await running.fail(ValueError("the customer's words"))
    found = await executions.get(caller, running.id)
    assert found.error_code == "engine.fault"
    assert found.error_message is not None
    assert "ValueError" in found.error_message
    assert "customer" not in found.error_message


async def test_an_execution_ends_once(executions: ExecutionService, caller: Caller) -> None:
    running = await executions.start(caller, START)
    await running.finish(OUTCOME)
    for again in (running.finish(OUTCOME), running.cancel(), running.fail(ValueError())):
        with pytest.raises(Conflict, match="ended already"):
            await again
    assert (await executions.get(caller, running.id)).status == "succeeded"


async def test_two_ends_at_once_leave_one(executions: ExecutionService, caller: Caller) -> None:
    running = await executions.start(caller, START)
    results = await asyncio.gather(running.finish(OUTCOME), running.cancel(), return_exceptions=True)
    assert [type(result) for result in results].count(Conflict) == 1


async def test_an_output_that_is_not_json_leaves_the_run_open_for_a_failure(
    executions: ExecutionService, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    with pytest.raises(InvalidInput) as refused:
        await running.finish(Outcome(output=float("nan")))
    await running.fail(refused.value)
    assert (await executions.get(caller, running.id)).error_code == "json.not_canonical"


async def test_a_cancelled_stream_is_stored_as_cancelled_with_what_was_written(
    executions: ExecutionService, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    streaming = asyncio.Event()

    async def stream() -> None:
        async with running:
            running.partial = Outcome(output="Beca", output_tokens=1)
            streaming.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stream())
    await streaming.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    found = await executions.get(caller, running.id)
    assert (found.status, found.output.value, found.output_tokens) == ("cancelled", "Beca", 1)


async def test_the_end_is_written_though_the_task_is_cancelled_while_it_waits(
    database: Database, caller: Caller
) -> None:
    executions = ExecutionService(database)
    running = await executions.start(caller, START)
    task = asyncio.create_task(running.finish(OUTCOME))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await executions.close()
    assert (await executions.get(caller, running.id)).status == "succeeded"


async def test_a_start_that_is_cancelled_does_not_run_for_ever(database: Database, caller: Caller) -> None:
    executions = ExecutionService(database)
    task = asyncio.create_task(executions.start(caller, START))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await executions.close()
    page = await executions.list(caller, ExecutionFilter())
    assert [one.status for one in page.items] == ["cancelled"]


async def test_a_closed_generator_cancels_its_run(executions: ExecutionService, caller: Caller) -> None:
    running = await executions.start(caller, START)

    async def stream() -> AsyncIterator[str]:
        async with running:
            yield "Beca"
            await running.finish(OUTCOME)

    pieces = stream()
    assert await anext(pieces) == "Beca"
    await pieces.aclose()  # type: ignore[attr-defined]
    assert (await executions.get(caller, running.id)).status == "cancelled"


async def test_a_block_left_without_an_outcome_is_a_recorded_fault(
    executions: ExecutionService, caller: Caller
) -> None:
    async with await executions.start(caller, START) as running:
        pass
    assert (await executions.get(caller, running.id)).error_code == "engine.fault"


async def test_an_end_that_the_database_did_not_take_is_written_once_it_is_back(
    fresh_database: Database, fresh_owner_url: str
) -> None:
    caller, executions = await make_tenant(fresh_database), ExecutionService(fresh_database)
    running = await executions.start(caller, START)
    with away(fresh_owner_url):
        with pytest.raises(OperationalError):
            async with running:
                await running.finish(OUTCOME)
        with pytest.raises(Conflict, match="ended already"):
            await running.cancel()
    found = await ended(executions, caller, running.id)
    assert (found.status, found.output.value) == ("succeeded", OUTCOME.output)
    await executions.close()


async def test_an_end_that_was_lost_halfway_is_written_as_a_whole(executions: ExecutionService, caller: Caller) -> None:
    lose_the_first = LoseTheFirst()
    running = await executions.start(caller, START)
    with pytest.raises(OperationalError):
        await running.finish(replace(OUTCOME, also=lose_the_first))
    found = await ended(executions, caller, running.id)
    assert lose_the_first.attempts == [running.id] * 2
    assert (found.status, found.output.value, found.output_tokens) == (
        "succeeded",
        OUTCOME.output,
        OUTCOME.output_tokens,
    )
    assert found.ended_at is not None


async def test_an_end_that_was_never_taken_is_left_to_the_next_process(
    fresh_database: Database, fresh_owner_url: str
) -> None:
    caller, executions = await make_tenant(fresh_database), ExecutionService(fresh_database)
    running = await executions.start(caller, START)
    with away(fresh_owner_url):
        with pytest.raises(OperationalError):
            await running.finish(OUTCOME)
        await executions.close()
    following = ExecutionService(fresh_database, grace_seconds=0)
    assert await following.record_interrupted() == 1
    assert (await following.get(caller, running.id)).error_code == "execution.interrupted"
    await following.close()


async def test_an_end_whose_acknowledgement_was_lost_is_not_written_twice(
    executions: ExecutionService, caller: Caller, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await executions.start(caller, START)
    lost: list[str] = []
    opened = database.unit_of_work

    @asynccontextmanager
    async def unacknowledged(*args: Any, **options: Any) -> AsyncIterator[UnitOfWork]:
        async with opened(*args, **options) as work:
            yield work
        if not lost:
            lost.append("the acknowledgement")
            raise OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(database, "unit_of_work", unacknowledged)
    with pytest.raises(OperationalError):
        await running.finish(OUTCOME)
    await executions.close()
    assert lost
    found = await executions.get(caller, running.id)
    assert (found.status, found.output.value) == ("succeeded", OUTCOME.output)
    assert len(await leaf_facts(database, caller, running.id)) == 1


async def test_an_end_that_can_not_be_written_becomes_a_plain_failure_and_holds_up_no_other(
    executions: ExecutionService, caller: Caller
) -> None:
    async def refused(work: UnitOfWork, execution_id: UUID) -> None:
        raise OperationalError("INSERT", None, errors.LockNotAvailable("could not obtain lock"))

    lose_the_first = LoseTheFirst()
    stuck, other = await executions.start(caller, START), await executions.start(caller, START)
    for running, also in ((stuck, refused), (other, lose_the_first)):
        with pytest.raises(OperationalError):
            await running.finish(replace(OUTCOME, also=also))
    assert (await ended(executions, caller, other.id)).status == "succeeded"
    found = await ended(executions, caller, stuck.id)
    assert (found.status, found.error_code) == ("failed", "engine.fault")
    assert "database refused" in (found.error_message or "")


async def test_a_start_whose_acknowledgement_was_lost_does_not_run_for_ever(
    executions: ExecutionService, caller: Caller
) -> None:
    async def ended_after(work: UnitOfWork, execution_id: UUID) -> None:
        work.after_commit(unacknowledged)

    def unacknowledged() -> None:
        raise OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))

    with pytest.raises(OperationalError):
        await executions.start(caller, replace(START, also=ended_after))
    [begun] = (await executions.list(caller, ExecutionFilter())).items
    found = await ended(executions, caller, begun.id)
    assert (found.status, found.error_code) == ("failed", "execution.interrupted")


class LoseTheFirst:
    """What belongs to an end, and loses the connection at the first attempt."""

    def __init__(self) -> None:
        self.attempts: list[UUID] = []

    async def __call__(self, work: UnitOfWork, execution_id: UUID) -> None:
        self.attempts.append(execution_id)
        if len(self.attempts) == 1:
            await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


async def ended(executions: ExecutionService, caller: Caller, execution_id: UUID) -> ExecutionDetail:
    async with asyncio.timeout(30):
        while (found := await executions.get(caller, execution_id)).status == "running":
            await asyncio.sleep(0.05)
    return found


@contextmanager
def away(owner_url: str) -> Generator[None]:
    """Have the database of this URL refuse and end every connection."""
    url = make_url(owner_url)
    with psycopg.connect(
        plain_url(url.set(database="postgres").render_as_string(hide_password=False)), autocommit=True
    ) as owner:
        owner.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false')
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        try:
            yield
        finally:
            owner.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true')
