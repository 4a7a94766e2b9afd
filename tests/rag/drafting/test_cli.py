"""`mcp-engine docs draft` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli.groups import CommandGroup
from rag.component import component
from rag.drafting.routes import router
from tests.commands import Commands, listening
from tests.rag.drafting.conftest import PROMPT, WRITTEN, Drafting


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI, drafting: Drafting) -> AsyncIterator[str]:
    app.state.services.add(drafting.drafts)
    app.include_router(router, prefix="/api/v1")
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="key")


async def test_questions_are_drafted_read_judged_and_pushed(run: Commands, drafting: Drafting) -> None:
    started = await run.json("docs", "draft", "start", PROMPT, "-c", "docs", "-n", "2", "--no-wait")
    assert started["state"] == "queued"
    draft = await drafting.drafts.get(drafting.caller, UUID(started["id"]))
    await drafting.work_off(draft)
    shown = (await run("docs", "draft", "show", str(draft.id))).stdout
    assert f"1  {WRITTEN}  (open)" in shown
    assert "lighthouse.md: " in shown
    said = (await run("docs", "draft", "accept", str(draft.id), "1", "--question", "Who built the tower?")).stdout
    assert "Who built the tower?  (accepted)" in said
    await run("docs", "draft", "reject", str(draft.id), "2")
    listed = await run.json("docs", "draft", "list", "-c", "docs")
    assert [(one["open"], one["accepted"], one["rejected"]) for one in listed["items"]] == [(0, 1, 1)]
    pushed = (await run("docs", "draft", "dataset", str(draft.id), "drafted")).stdout
    assert "drafted/1 has 1 accepted question; 0 left out." in pushed


async def test_a_draft_without_questions_of_a_state_says_so(run: Commands, drafting: Drafting) -> None:
    draft = await drafting.ended()
    assert "No such questions." in (await run("docs", "draft", "show", str(draft.id), "--state", "rejected")).stdout
