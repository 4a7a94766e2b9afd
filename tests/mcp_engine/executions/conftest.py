"""The executions service with its routes, over ASGI and over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.executions.routes import router
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.problems import install_handlers
from mcp_engine.services import Services
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.store import SpanStore
from tests.commands import listening
from tests.keys import Keys


@pytest_asyncio.fixture(loop_scope="session")
async def executions(database: Database) -> AsyncIterator[ExecutionService]:
    service = ExecutionService(database)
    yield service
    await service.close()


@pytest_asyncio.fixture(loop_scope="session")
async def store(database: Database) -> AsyncIterator[SpanStore]:
    store = SpanStore(database)
    tracing.configure(Settings(), store)
    yield store
    await store.close()
    tracing.close()


@pytest_asyncio.fixture(loop_scope="session")
async def keys(caller: Caller) -> Keys:
    return Keys({"owner": caller})


@pytest_asyncio.fixture(loop_scope="session")
async def app(executions: ExecutionService, keys: Keys) -> FastAPI:
    app = FastAPI()
    app.state.services = Services()
    app.state.services.add(executions)
    app.state.services.add(keys, provides=Authenticator)
    app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
