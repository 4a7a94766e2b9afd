"""The executions service with its routes, over ASGI and over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotSignedIn
from mcp_engine.executions.routes import router
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.problems import install_handlers
from mcp_engine.services import Services
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.store import SpanStore


@dataclass
class Keys:
    """Knows callers by made-up keys."""

    callers: dict[str, Caller] = field(default_factory=dict)

    async def authenticate(self, credential: str) -> Caller:
        try:
            return self.callers[credential]
        except KeyError:
            raise NotSignedIn("access.invalid_credential", "This credential does not work.") from None


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
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
