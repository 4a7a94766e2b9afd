"""What is an outage, and what is the fault of what was asked."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mcp_engine.database.engine import Database
from mcp_engine.database.outages import is_outage


async def failed(database: Database, *statements: str) -> DBAPIError:
    with pytest.raises(DBAPIError) as raised:
        async with database.global_work() as session:
            for statement in statements:
                await session.execute(text(statement))
    return raised.value


async def test_a_connection_that_is_ended_from_outside_is_one(database: Database) -> None:
    assert is_outage(await failed(database, "SELECT pg_terminate_backend(pg_backend_pid())"))


async def test_a_database_that_can_not_be_reached_is_one() -> None:
    nowhere = Database("postgresql+psycopg://nobody@/none?host=/nowhere/at/all")
    assert is_outage(await failed(nowhere, "SELECT 1"))
    await nowhere.close()


@pytest.mark.parametrize(
    "statements",
    [
        ("SET LOCAL statement_timeout = 20", "SELECT pg_sleep(5)"),
        ("SELECT 1 / 0",),
        ("SELECT nothing FROM nowhere",),
    ],
)
async def test_what_a_statement_brings_on_itself_is_none(database: Database, statements: tuple[str, ...]) -> None:
    assert not is_outage(await failed(database, *statements))


async def test_a_session_that_fell_silent_has_itself_to_blame(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with database.global_work() as session:
            await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 20"))
            await session.execute(text("SELECT 1"))
            await asyncio.sleep(0.5)
            await session.execute(text("SELECT 1"))
    assert not is_outage(raised.value)


def test_other_errors_are_none() -> None:
    assert not is_outage(OSError("the disk is full"))
