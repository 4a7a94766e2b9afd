"""The routes of feedback and executions over ASGI, with the real services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.database.engine import Database
from mcp_engine.executions.routes import router as executions_router
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.routes import router
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.problems import install_handlers
from mcp_engine.services import Services
from tests.keys import Keys


@pytest.fixture
def keys(caller: Caller) -> Keys:
    return Keys({"owner": caller})


@pytest_asyncio.fixture(loop_scope="session")
async def executions(database: Database) -> AsyncIterator[ExecutionService]:
    service = ExecutionService(database)
    yield service
    await service.close()


@dataclass
class Api:
    client: httpx.AsyncClient

    async def give(self, key: str = "owner", once: str | None = None, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} | ({"Idempotency-Key": f'"{once}"'} if once else {})
        return await self.client.post("/feedback", json=given, headers=headers)

    async def listed(self, key: str = "owner", **wanted: Any) -> list[dict[str, Any]]:
        response = await self.get("/feedback", key, **wanted)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    async def get(self, path: str, key: str = "owner", **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers={"Authorization": f"Bearer {key}"})

    async def erase(self, path: str, key: str = "owner") -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return await self.client.delete(f"{path}/content", params={"reason": "asked for"}, headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: Database, executions: ExecutionService, keys: Keys) -> AsyncIterator[Api]:
    app, services, feedback = FastAPI(), Services(), FeedbackService(database)
    executions.on_erasure(feedback.erase_words_about)
    services.add(executions)
    services.add(feedback)
    services.add(keys, provides=Authenticator)
    app.state.services = services
    app.include_router(router, prefix="/api/v1")
    app.include_router(executions_router, prefix="/api/v1")
    install_handlers(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        yield Api(client)


@pytest_asyncio.fixture(loop_scope="session")
async def execution_id(executions: ExecutionService, caller: Caller) -> UUID:
    running = await executions.start(caller, StartExecution("default", "prompt_run", {"name": "Ada"}))
    await running.finish(Outcome(output="Hello Ada"))
    return running.id
