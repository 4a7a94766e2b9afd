"""Import and export against real prompts and datasets, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text

from mcp_engine.access import Authenticator, Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.cli import exporting, importing
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound, NotSignedIn
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.routes import router as datasets_router
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.problems import install_handlers
from mcp_engine.models.port import ServedModel
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.routes import router as prompts_router
from mcp_engine.prompts.service import PromptService
from mcp_engine.services import Services
from tests.commands import Commands, listening

COPY = "copy"
"""A second namespace of the tenant, empty at first."""


class Owner:
    """Knows one key."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def authenticate(self, credential: str) -> Caller:
        if credential != "owner":
            raise NotSignedIn("access.invalid_credential", "This credential does not work.")
        return self._caller


class NoModels:
    async def resolve(self, caller: Caller, name: str | None) -> ServedModel:
        raise NotFound("model.unknown", "These tests run no model.")


@dataclass
class Engine:
    """The services behind the commands, to look at what they did."""

    caller: Caller
    prompts: PromptService
    datasets: DatasetService

    async def push(self, name: str, template: str, *labels: str, namespace: str = "default", **body: Any) -> str:
        """Push a text prompt; return its digest."""
        from mcp_engine.prompts.schemas import PushPrompt

        new = PushPrompt.model_validate(
            {
                "name": name,
                "body": {"template": template, **body},
                "message": f"{name}: {len(template)}",
                "labels": labels,
            }
        )
        return (await self.prompts.push(self.caller, namespace, new)).digest

    async def digests(self, name: str, namespace: str = "default") -> dict[int, str]:
        page = await self.prompts.versions(self.caller, namespace, name, limit=200, cursor=None)
        return {version.number: version.digest for version in page.items}

    async def labels(self, name: str, namespace: str = "default") -> dict[str, int]:
        page = await self.prompts.versions(self.caller, namespace, name, limit=200, cursor=None)
        return {label: one.number for one in page.items for label in one.labels if label != "latest"}


@pytest_asyncio.fixture(loop_scope="session")
async def engine(database: Database, caller: Caller) -> AsyncIterator[Engine]:
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await work.session.execute(
            text("INSERT INTO namespace (tenant_id, name) VALUES (:tenant_id, :name)"),
            {"tenant_id": caller.tenant_id, "name": COPY},
        )
    artifacts = ArtifactService(database, KindRegistry([PromptKind(), DatasetKind()]))
    executions = ExecutionService(database)
    prompts = PromptService(artifacts, NoModels(), executions)
    yield Engine(caller, prompts, DatasetService(database, artifacts, executions, FeedbackService(database)))
    await executions.close()


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    app, services = FastAPI(), Services()
    for service in (engine.prompts, engine.datasets, Settings()):
        services.add(service)
    services.add(Owner(engine.caller), provides=Authenticator)
    app.state.services = services
    for router in (prompts_router, datasets_router):
        app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def run(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Commands]:
    monkeypatch.chdir(tmp_path)
    group = CommandGroup()
    group.add_group("import", importing.commands)
    group.add_group("export", exporting.commands)
    async with listening(app) as url:
        yield Commands(group, url, monkeypatch)


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    """Return what a report says of each thing."""
    return {item["what"]: item["outcome"] for item in report["items"]}


def whys(report: dict[str, Any], outcome: str) -> dict[str, str]:
    return {item["what"]: item["why"] for item in report["items"] if item["outcome"] == outcome}
