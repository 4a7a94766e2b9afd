"""Experiments over REST with the real registry, runs and feedback; the model says what a script tells it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.releases import Release, ReleaseRefused
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ArtifactVersion
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.executions.service import ExecutionService
from mcp_engine.experiments.exposures import ExposureService
from mcp_engine.experiments.routes import router as experiments_router
from mcp_engine.experiments.service import ExperimentService
from mcp_engine.experiments.splits import ExperimentSplits
from mcp_engine.feedback.routes import router as feedback_router
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.problems import install_handlers
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.routes import router as prompts_router
from mcp_engine.prompts.service import PromptService
from mcp_engine.services import Services
from tests.mcp_engine.prompts.conftest import Keys, Models, Script

TWO_ARMS = [{"name": "control", "version": 1, "weight": 0.5}, {"name": "short", "version": 2, "weight": 0.5}]
HELPFUL = {"name": "helpful", "kind": "binary", "direction": "higher"}
_names = itertools.count()


@dataclass
class World:
    """The services beneath the routes."""

    database: Database
    artifacts: ArtifactService
    executions: ExecutionService
    feedback: FeedbackService
    experiments: ExperimentService
    exposures: ExposureService
    splits: ExperimentSplits
    prompts: PromptService


@pytest_asyncio.fixture(loop_scope="session")
async def world(database: Database) -> AsyncIterator[World]:
    artifacts = ArtifactService(database, KindRegistry([PromptKind()]))
    executions, feedback, exposures = ExecutionService(database), FeedbackService(database), ExposureService(database)
    feedback.on_given(exposures.observe)
    splits = ExperimentSplits(database, artifacts)
    prompts = PromptService(artifacts, Models(Script()), executions, splits)
    experiments = ExperimentService(database, artifacts)
    yield World(database, artifacts, executions, feedback, experiments, exposures, splits, prompts)
    await executions.close()


class Closed:
    """A guard that lets nobody release anything."""

    async def certificate(self, work: UnitOfWork, release: Release) -> None:
        assert work.tenant_id
        raise ReleaseRefused("gate.refused", f"Nothing may go to {release.label}.", details={"missing": []})

    async def check_trial(self, work: UnitOfWork, version: ArtifactVersion, label: str) -> None:
        assert work.tenant_id
        raise ReleaseRefused("gate.refused", f"{label} shows no {version.number}.", details={"missing": []})

    async def check_rollback(self, work: UnitOfWork, version: ArtifactVersion) -> None:
        assert work.tenant_id
        assert version.number


@pytest.fixture
def keys(caller: Caller) -> Keys:
    return Keys({"owner": caller})


@dataclass
class Api:
    """The routes as one caller; a prompt with four versions, `production` at the first."""

    client: httpx.AsyncClient
    app: FastAPI
    prompt: str = field(default_factory=lambda: f"greet-{next(_names)}")

    async def begin(self, **options: Any) -> dict[str, Any]:
        """Create an experiment; return it."""
        response = await self.create(**options)
        assert response.status_code == 201, response.text
        return response.json()

    async def create(self, **options: Any) -> httpx.Response:
        wanted = {
            "name": f"try-{next(_names)}", "artifact": self.prompt, "arms": TWO_ARMS, "metrics": [HELPFUL],
        } | options  # fmt: skip
        return await self.client.post("/experiments", json=wanted)

    async def run(self, **request: Any) -> dict[str, Any]:
        response = await self.client.post(f"/prompts/{self.prompt}/run", json={"label": "production", **request})
        assert response.status_code == 200, response.text
        return response.json()

    async def give(self, value: Any, metric: str = "helpful", **about: Any) -> httpx.Response:
        return await self.client.post("/feedback", json={"metric_name": metric, "value": value, **about})

    async def expose(self, experiment: dict[str, Any], *exposures: dict[str, Any]) -> dict[str, Any]:
        body = {"exposures": [{"experiment_id": experiment["id"], **one} for one in exposures]}
        response = await self.client.post("/experiments/exposures", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def analysis(self, experiment: dict[str, Any]) -> dict[str, Any]:
        response = await self.client.get(f"/experiments/{experiment['name']}/analysis")
        assert response.status_code == 200, response.text
        return response.json()

    async def get(self, experiment: dict[str, Any]) -> dict[str, Any]:
        return (await self.client.get(f"/experiments/{experiment['name']}")).json()

    async def after(self, experiment: dict[str, Any], action: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/experiments/{experiment['name']}/{action}", json=body)

    async def detail(self) -> dict[str, Any]:
        """Return what a client gets for `production`."""
        return (await self.client.get(f"/prompts/{self.prompt}", params={"label": "production"})).json()


@pytest_asyncio.fixture(loop_scope="session")
async def api(world: World, keys: Keys, caller: Caller) -> AsyncIterator[Api]:
    app, services = FastAPI(), Services()
    for service in (world.experiments, world.exposures, world.feedback, world.prompts):
        services.add(service)
    services.add(keys, provides=Authenticator)
    app.state.services = services
    for router in (prompts_router, experiments_router, feedback_router):
        app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    headers = {"Authorization": "Bearer owner"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://engine/api/v1", headers=headers
    ) as client:
        api = Api(client, app)
        for number in range(1, 5):
            body = {"name": api.prompt, "body": {"template": f"Version {number}"}}
            labels = {"labels": ["production"]} if number == 1 else {}
            response = await client.post("/prompts", json=body | labels)
            assert response.status_code == 201, response.text
        yield api
