"""`mcp-engine key` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.keys import commands
from mcp_engine.identity.routes import router
from mcp_engine.identity.service import OwnerKey
from tests.commands import Commands, listening
from tests.mcp_engine.identity.conftest import bearer


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    versioned = APIRouter(prefix="/api/v1")
    versioned.include_router(router)
    app.include_router(versioned)
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, owner: OwnerKey, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands(commands, url, monkeypatch, key=owner.api_key)


async def test_a_key_is_made_listed_used_and_revoked(run: Commands, anonymous: httpx.AsyncClient) -> None:
    made = await run.json("create", "laptop", "--scope", "prompts:read", "--expires-in", "30d", "--burst", "7")
    assert made["scopes"] == ["prompts:read"]
    assert made["burst"] == 7
    assert (await anonymous.get("/me", headers=bearer(made["api_key"]))).status_code == 200
    listed = {key["id"]: key for key in await run.json("list")}
    assert listed[made["id"]]["name"] == "laptop"
    assert "api_key" not in listed[made["id"]]
    assert (await run.json("revoke", made["id"]))["revoked"] is True
    assert (await anonymous.get("/me", headers=bearer(made["api_key"]))).status_code == 401
    assert "revoked" in (await run("list")).stdout


async def test_a_person_gets_the_bare_key_on_standard_output(run: Commands) -> None:
    result = await run("create", "laptop")
    assert result.stdout.startswith("mce_")
    assert len(result.stdout.splitlines()) == 1
    assert "not shown again" in result.stderr


@pytest.mark.parametrize(
    ("kind", "role", "options"), [("machine", "automation", []), ("person", "editor", ["--person"])]
)
async def test_a_principal_and_its_key_in_one_command(
    run: Commands, anonymous: httpx.AsyncClient, kind: str, role: str, options: list[str]
) -> None:
    made = await run.json("create", "ci", "--role", role, *options)
    me = (await anonymous.get("/me", headers=bearer(made["api_key"]))).json()
    assert (me["principal"]["kind"], me["principal"]["role"]) == (kind, role)


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["create", "x", "--expires-in", "soon"], ExitCode.USAGE),
        (["create", "x", "--role", "viewer", "--principal", "y"], ExitCode.USAGE),
        (["create", "x", "--person"], ExitCode.USAGE),
        (["create", "x", "--scope", "prompts:frobnicate"], ExitCode.REFUSED),
        (["revoke", "00000000-0000-0000-0000-000000000000"], ExitCode.REFUSED),
        (["revoke", "../namespaces"], ExitCode.REFUSED),
    ],
)
async def test_failures_have_their_exit_codes(run: Commands, arguments: list[str], exit_code: ExitCode) -> None:
    result = await run(*arguments)
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == exit_code


async def test_a_revoked_owner_is_told_to_sign_in(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_ENGINE_API_KEY", "mce_nonsense")
    result = await run("list")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.NOT_ALLOWED
