"""Comparing two versions of an artifact of any kind."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator
from mcp_engine.artifacts.routes import router
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.http.problems import install_handlers
from mcp_engine.services import Services
from tests.conftest import make_tenant
from tests.keys import Keys
from tests.mcp_engine.artifacts.conftest import Notes


@pytest_asyncio.fixture(loop_scope="session")
async def api(notes: Notes) -> AsyncIterator[httpx.AsyncClient]:
    app, services = FastAPI(), Services()
    services.add(notes.service, provides=ArtifactService)
    stranger = await make_tenant(notes.database)
    services.add(Keys({"owner": notes.caller, "stranger": stranger}), provides=Authenticator)
    app.state.services = services
    app.include_router(router)
    install_handlers(app)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": "Bearer owner"}
    async with httpx.AsyncClient(transport=transport, base_url="http://engine/artifacts", headers=headers) as client:
        yield client


async def test_each_changed_member_and_the_lines_of_the_body_are_shown(notes: Notes, api: httpx.AsyncClient) -> None:
    await notes.push("plan", "old – one", tags=["a"], labels=["live"])
    await notes.push("plan", "new", tags=["a", "b"])
    found = (await api.get("/note/plan/diff", params={"from": "live", "to": "latest"})).json()
    assert (found["kind"], found["name"], found["from_number"], found["to_number"]) == ("note", "plan", 1, 2)
    assert not found["identical"]
    assert found["settings"] == {
        "tags": {"before": ["a"], "after": ["a", "b"]},
        "text": {"before": "old – one", "after": "new"},
    }
    lines = found["text"].split("\n")
    assert lines[:2] == ["--- plan/1", "+++ plan/2"]
    assert '-  "text": "old – one"' in lines
    assert '+  "text": "new"' in lines


async def test_a_version_is_identical_with_itself(notes: Notes, api: httpx.AsyncClient) -> None:
    await notes.push("plan", "same")
    found = (await api.get("/note/plan/diff", params={"from": "1", "to": "latest"})).json()
    assert (found["identical"], found["text"], found["settings"]) == (True, "", {})


async def test_what_can_not_be_compared_says_why(notes: Notes, api: httpx.AsyncClient) -> None:
    await notes.push("plan", "one")

    async def refused(path: str, before: str, after: str) -> tuple[int, str]:
        response = await api.get(path, params={"from": before, "to": after})
        return response.status_code, response.json()["code"]

    assert await refused("/note/plan/diff", "1", "2") == (404, "note.version_not_found")
    assert await refused("/note/plan/diff", "live", "1") == (404, "note.label_not_found")
    assert await refused("/note/plan/diff", "1", "Not a label") == (422, "label.invalid")
    assert await refused("/note/none/diff", "1", "1") == (404, "note.not_found")
    assert await refused("/kind/plan/diff", "1", "1") == (404, "artifact.kind_not_found")
    assert (await api.get("/note/plan/diff", params={"from": "1"})).status_code == 422


async def test_another_tenants_versions_are_not_found(notes: Notes, api: httpx.AsyncClient) -> None:
    await notes.push("plan", "secret")
    headers = {"Authorization": "Bearer stranger"}
    response = await api.get("/note/plan/diff", params={"from": "1", "to": "1"}, headers=headers)
    assert response.status_code == 404
    assert "secret" not in response.text
