"""Datasets and what is scored on them, over REST with real services; the model answers by a rule of the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotSignedIn
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.routes import router as datasets_router
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.problems import install_handlers
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.services import Services


@dataclass
class Keys:
    """Knows callers by made-up keys."""

    callers: dict[str, Caller] = field(default_factory=dict)

    async def authenticate(self, credential: str) -> Caller:
        if credential not in self.callers:
            raise NotSignedIn("access.invalid_credential", "This credential does not work.")
        return self.callers[credential]


@pytest.fixture
def keys(caller: Caller) -> Keys:
    return Keys({"owner": caller})


@pytest_asyncio.fixture(loop_scope="session")
async def executions(database: Database) -> AsyncIterator[ExecutionService]:
    service = ExecutionService(database)
    yield service
    await service.close()


@pytest.fixture
def feedback(database: Database) -> FeedbackService:
    return FeedbackService(database)


@pytest.fixture
def artifacts(database: Database) -> ArtifactService:
    return ArtifactService(database, KindRegistry([PromptKind(), DatasetKind()]))


@pytest.fixture
def datasets(
    database: Database, artifacts: ArtifactService, executions: ExecutionService, feedback: FeedbackService
) -> DatasetService:
    return DatasetService(database, artifacts, executions, feedback)


@pytest.fixture
def app(datasets: DatasetService, keys: Keys) -> FastAPI:
    app, services = FastAPI(), Services()
    for service in (datasets, Settings()):
        services.add(service)
    services.add(keys, provides=Authenticator)
    app.state.services = services
    app.include_router(datasets_router, prefix="/api/v1")
    install_handlers(app)
    return app


class Api:
    """The routes, as the holder of a key."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, key: str = "owner", **query: Any) -> httpx.Response:
        return await self._client.get(path, params=query, headers=_as(key))

    async def post(self, path: str, body: Any = None, key: str = "owner", **more: Any) -> httpx.Response:
        return await self._client.post(path, json=body, headers=_as(key), **more)

    async def put(self, path: str, body: Any, key: str = "owner") -> httpx.Response:
        return await self._client.put(path, json=body, headers=_as(key))

    async def delete(self, path: str, key: str = "owner", **query: Any) -> httpx.Response:
        return await self._client.delete(path, params=query, headers=_as(key))

    async def upload(self, path: str, name: str, content: bytes, **fields: str) -> httpx.Response:
        return await self._client.post(path, files={"file": (name, content)}, data=fields, headers=_as("owner"))


def _as(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest_asyncio.fixture(loop_scope="session")
async def api(app: FastAPI) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        yield Api(client)
