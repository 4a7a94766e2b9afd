"""`mcp-engine strategy` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.artifacts.routes import router
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from rag.component import component
from tests.commands import Commands, listening
from tests.rag.conftest import Workspace


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI, workspace: Workspace) -> AsyncIterator[str]:
    app.state.services.add(workspace.artifacts, provides=ArtifactService)
    app.include_router(router, prefix="/api/v1")
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="key")


async def test_a_strategy_is_pushed_released_and_read(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "strict.yaml"
    file.write_text("answering:\n  threshold: 0.6\n")
    assert "Pushed strict/1" in (await run("strategy", "push", str(file), "-m", "Refuse sooner")).stdout
    assert "Unchanged: this is strict/1" in (await run("strategy", "push", str(file))).stdout
    file.write_text('{"answering": {"threshold": 0.7}}')
    assert (await run.json("strategy", "push", str(file), "--name", "strict", "--label", "staging"))["number"] == 2
    assert "strict@production is now version 1." in (await run("strategy", "label", "strict", "1", "production")).stdout
    shown = (await run("strategy", "get", "strict@production")).stdout
    assert shown.startswith("strict/1  Refuse sooner")
    assert '"threshold": 0.6' in shown
    assert (await run.json("strategy", "get", "strict/2"))["body"]["answering"]["threshold"] == 0.7
    listed = (await run("strategy", "list")).stdout
    assert "strict" in listed
    assert "production" in listed


async def test_versions_are_compared_and_a_release_is_taken_back(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "strict.yaml"
    for threshold, message in ((0.6, "Refuse sooner"), (0.7, "Sooner still")):
        file.write_text(f"answering:\n  threshold: {threshold}\n")
        await run("strategy", "push", str(file), "-m", message, "--label", "production")
    assert [item["number"] for item in (await run.json("strategy", "versions", "strict"))["items"]] == [2, 1]
    assert "Sooner still" in (await run("strategy", "versions", "strict")).stdout
    shown = (await run("strategy", "diff", "strict", "1", "production")).stdout
    assert "answering.threshold: 0.6 → 0.7" in shown
    assert '-    "threshold": 0.6' in shown
    assert "The versions are identical." in (await run("strategy", "diff", "strict", "2", "latest")).stdout
    back = (await run("strategy", "rollback", "strict", "-m", "It refused too much")).stdout
    assert back == "strict@production is now version 1 (was 2), rolled back.\n"
    moves = (await run.json("strategy", "history", "strict", "--label", "production"))["items"]
    assert [(move["from_number"], move["to_number"]) for move in moves] == [(2, 1), (1, 2), (None, 1)]
    assert "It refused too much" in (await run("strategy", "history", "strict")).stdout
    missing = (await run("strategy", "diff", "strict", "1", "9")).exception
    assert isinstance(missing, CommandFailed)
    assert missing.exit_code == ExitCode.REFUSED


async def test_what_can_not_be_pushed_says_why(run: Commands, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("answering:\n  threshold: 7\n")
    refused = (await run("strategy", "push", str(file))).exception
    assert isinstance(refused, CommandFailed)
    assert refused.exit_code == ExitCode.REFUSED
    assert "answering.threshold" in refused.message
    file.write_text("- a list\n")
    unread = (await run("strategy", "push", str(file))).exception
    assert isinstance(unread, CommandFailed)
    assert unread.exit_code == ExitCode.USAGE
    assert "must hold what differs from the default" in unread.message
    assert "No strategies of your own" in (await run("strategy", "list")).stdout
