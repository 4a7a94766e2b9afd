"""A worker beside the routes, for commands that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest_asyncio
from structlog.testing import capture_logs

from tests.mcp_engine.evaluation.conftest import Api, Work


@pytest_asyncio.fixture(loop_scope="session")
async def worker(api: Api, work: Work) -> AsyncIterator[None]:
    """Run every job that is queued, as a worker beside the server does."""

    async def work_off() -> None:
        while True:
            for job in (await api.get("/jobs", state="queued")).json()["items"]:
                await work(job["id"])
            await asyncio.sleep(0.02)

    # A worker has an output of its own.
    with capture_logs():
        task = asyncio.create_task(work_off())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
