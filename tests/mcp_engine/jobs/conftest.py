"""A database with DBOS's tables, and worker processes on it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.ddl import APP_ROLE
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url
from mcp_engine.jobs.backend import QueueClient, prepare
from mcp_engine.jobs.dispatcher import Dispatcher
from mcp_engine.jobs.service import JobService
from mcp_engine.jobs.supervisor import PARENT_VARIABLE
from tests.conftest import APP_PASSWORD, make_tenant, plain_url
from tests.mcp_engine.jobs.kinds import RESULT_TABLE

StartWorker = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def queue_url(fresh_owner_url: str) -> str:
    """URL of the application role in a database that is ready for jobs."""
    prepare(fresh_owner_url, APP_ROLE)
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as connection:
        connection.execute(RESULT_TABLE)
    return app_url(fresh_owner_url, APP_PASSWORD).render_as_string(hide_password=False)


@pytest_asyncio.fixture(loop_scope="session")
async def jobs_database(queue_url: str) -> AsyncIterator[Database]:
    database = Database(queue_url)
    yield database
    await database.close()


@pytest.fixture
def jobs(jobs_database: Database) -> JobService:
    return JobService(jobs_database)


@pytest_asyncio.fixture(loop_scope="session")
async def owner(jobs_database: Database) -> Caller:
    return await make_tenant(jobs_database)


@pytest_asyncio.fixture(loop_scope="session")
async def dispatcher(jobs_database: Database, queue_url: str) -> AsyncIterator[Dispatcher]:
    client = QueueClient(queue_url)
    dispatcher = Dispatcher(jobs_database, client)
    yield dispatcher
    await dispatcher.stop()
    await client.close()


@pytest.fixture
def start_worker(queue_url: str) -> Iterator[StartWorker]:
    """Start a worker process; `seconds` is how long each of its jobs takes, `log` where its log goes."""
    started: list[subprocess.Popen[bytes]] = []

    def start(seconds: float = 0.0, log: Path | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.mcp_engine.jobs.kinds", queue_url, str(seconds)]
        environment = {**os.environ, PARENT_VARIABLE: str(os.getpid())}
        with log.open("wb") if log else nullcontext() as target:
            started.append(subprocess.Popen(command, env=environment, stderr=target))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 300.0) -> None:
    """Wait until `condition` holds; its not holding in time is a failure."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.05)


async def results(database: Database) -> list[tuple[object, int, int]]:
    async with database.global_work() as session:
        rows = await session.execute(text("SELECT subject_id, attempt, pid FROM job_result"))
        return [(row[0], row[1], row[2]) for row in rows]
