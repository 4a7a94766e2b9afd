"""Running the jobs that keep up with what changes, and asking over REST and the command line what they found."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.kinds import JobKind
from rag.duplicates.routes import router as duplicates_router
from rag.duplicates.service import DuplicateService
from rag.lost_support.routes import router as support_router
from tests.rag.conftest import Attempt, Workspace


async def run_job(workspace: Workspace, caller: Caller, job: JobKind, subject_id: UUID) -> Attempt:
    context = Attempt(workspace.database, caller.tenant_id, caller.principal_id, subject_id)
    await job.run(cast("JobContext", context))
    return context


async def rows(workspace: Workspace, caller: Caller, query: str, **values: Any) -> list[Any]:
    """Return what the tenant sees of a query."""
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return list((await work.session.execute(text(query), values)).all())


def with_upkeep(app: FastAPI, workspace: Workspace) -> FastAPI:
    """Serve duplicates and unsupported answers too."""
    app.state.services.add(DuplicateService(workspace.database))
    app.state.services.add(workspace.support)
    for router in (duplicates_router, support_router):
        app.include_router(router, prefix="/api/v1")
    return app


async def get(app: FastAPI, path: str, **query: Any) -> httpx.Response:
    return await send(app, "GET", path, **query)


async def send(app: FastAPI, method: str, path: str, **query: Any) -> httpx.Response:
    headers = {"Authorization": "Bearer any"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        return await client.request(method, path, params=query, headers=headers)
