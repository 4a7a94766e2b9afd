"""`mcp-engine group` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI

from mcp_engine.cli.failures import CommandFailed
from mcp_engine.cli.principal_groups import commands
from mcp_engine.identity.groups.routes import router as groups
from mcp_engine.identity.routes import router
from mcp_engine.identity.service import OwnerKey
from tests.commands import Commands, listening


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    versioned = APIRouter(prefix="/api/v1")
    versioned.include_router(router)
    versioned.include_router(groups)
    app.include_router(versioned)
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, owner: OwnerKey, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands(commands, url, monkeypatch, key=owner.api_key)


async def test_a_group_is_made_filled_shown_emptied_and_deleted(run: Commands, owner: OwnerKey) -> None:
    await run.json("create", "crew")
    added = await run.json("add", "crew", "owner")
    assert added["principals"] == [{"id": str(owner.principal_id), "name": "owner"}]
    assert [(one["name"], one["members"]) for one in await run.json("list")] == [("crew", 1)]
    assert "owner" in (await run("show", "crew")).stdout
    assert "owner is out of crew" in (await run("remove", "crew", str(owner.principal_id))).stdout
    assert "Nobody belongs to crew" in (await run("show", "crew")).stdout
    assert (await run.json("delete", "crew"))["deleted"] is True
    assert "No groups" in (await run("list")).stdout


async def test_a_stranger_is_named_and_nobody_is_added(run: Commands) -> None:
    await run.json("create", "crew")
    failed = await run("add", "crew", "owner", "grace")
    assert isinstance(failed.exception, CommandFailed)
    assert "'grace'" in failed.exception.message
    assert (await run.json("show", "crew"))["members"] == 0
