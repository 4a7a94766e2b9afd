"""A registry that obeys the test, clients of it, and one real engine."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from mcp_engine_client import AsyncClient, Client
from tests.end_to_end.instance import EngineProcess
from tests.sdk.registry import Registry, started


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    server = started(registry)
    yield registry
    registry.gate.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(registry: Registry) -> Iterator[Client]:
    with Client(registry.url, "mce_key") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def async_client(registry: Registry) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(registry.url, "mce_key") as client:
        yield client


@pytest.fixture(scope="session")
def engine() -> Iterator[EngineProcess]:
    """A real server without the sample."""
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false"})
    engine.start()
    yield engine
    engine.remove()


def until(condition: Callable[[], object], seconds: float = 300) -> None:
    """Wait for something that other threads bring about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
