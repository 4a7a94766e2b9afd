"""`mcp-engine docs duplicates` and `docs answers` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from rag.component import component
from rag.lost_support.job import RecheckJob
from rag.strategy import KIND
from tests.commands import Commands, listening
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.upkeep import run_job, with_upkeep

QUESTION = "Who built the lighthouse of Karsund?"


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI, workspace: Workspace) -> AsyncIterator[str]:
    async with listening(with_upkeep(app, workspace)) as address:
        yield address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="key")


async def test_duplicates_are_listed(run: Commands, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "bakery.md", BAKERY)
    assert (await run("docs", "duplicates", "-c", "docs")).stdout == "No duplicates.\n"
    await workspace.add(caller, "copy.md", BAKERY)
    shown = (await run("docs", "duplicates", "-c", "docs")).stdout
    assert "2 documents repeat each other" in shown
    assert "copy.md v1: the same file as bakery.md" in shown
    (group,) = (await run.json("docs", "duplicates", "-c", "docs"))["items"]
    assert group["documents"] == 2
    await workspace.add(caller, "copy.md", BAKERY.replace("loaves", "loaves!"))
    assert "copy.md v2: 99% like bakery.md" in (await run("docs", "duplicates", "-c", "docs")).stdout


async def test_metadata_is_shown_replaced_and_taken_away(run: Commands, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "bakery.md", BAKERY)
    command = ("docs", "metadata", "bakery.md", "-c", "docs")
    assert "--metadata KEY=VALUE gives it some" in (await run(*command)).stdout
    assert await run.json(*command, "--metadata", "team=ops", "--metadata", "year=2024") == {
        "team": "ops",
        "year": 2024,
    }
    shown = (await run(*command)).stdout
    assert '"ops"' in shown
    assert "2024" in shown
    assert await run.json(*command, "--metadata", "draft=true") == {"draft": True}
    assert await run.json(*command, "--none") == {}
    for wrong in (["--none", "--metadata", "a=b"], ["--metadata", "a"]):
        refused = await run(*command, *wrong)
        assert isinstance(refused.exception, CommandFailed)
        assert refused.exception.exit_code is ExitCode.USAGE


async def test_answers_are_listed_and_asked_again(run: Commands, workspace: Workspace, caller: Caller) -> None:
    document = (await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)).document.id
    given = await workspace.asking.answer(caller, "default", "docs", QUESTION)
    assert (await run("docs", "answers", "-c", "docs")).stdout == "No answer lost its support.\n"
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE.replace("Ingrid Solberg", "Astrid Lund"))
    await run_job(workspace, caller, RecheckJob(), document)
    shown = (await run("docs", "answers", "-c", "docs", "--document", "lighthouse.md")).stdout
    assert QUESTION in shown
    assert "lighthouse.md v1" in shown
    assert "is gone" in shown
    assert str(given.execution_id) in shown
    again = (await run("docs", "answers", "-c", "docs", "--again")).stdout
    assert "asked again: " in again
    assert "Astrid Lund" in again
    assert (await run.json("docs", "answers", "-c", "docs"))["items"] == []


async def test_a_wrong_standing_or_document_is_said(run: Commands, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "bakery.md", BAKERY)
    wrong = await run("docs", "answers", "-c", "docs", "--standing", "lost")
    assert isinstance(wrong.exception, CommandFailed)
    assert wrong.exception.exit_code is ExitCode.USAGE
    unknown = await run("docs", "answers", "-c", "docs", "--document", "nothing.md")
    assert isinstance(unknown.exception, CommandFailed)
    assert unknown.exception.exit_code is ExitCode.REFUSED


async def test_a_collection_is_indexed_anew(run: Commands, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "bakery.md", BAKERY)
    shown = (await run("docs", "reindex", "docs", "--no-wait")).stdout
    assert "the old index is searched meanwhile" in shown


async def test_kept_answers_are_shown_and_dropped(run: Commands, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.artifacts.push(caller, KIND, "default", "keeping", {"answering": {"cache": True}}, "Keep.")
    assert (await run("docs", "answer-cache", "-c", "docs")).stdout == "docs: no answer is kept.\n"
    asked = ("ask", QUESTION, "-c", "docs", "--strategy", "keeping")
    first = (await run(*asked)).stdout
    again = (await run(*asked)).stdout
    assert "from the cache" not in first
    assert f"from the cache: answered first by {first.split()[-1]}" in " ".join(again.split())
    shown = (await run("docs", "answer-cache", "-c", "docs")).stdout
    assert "1 answer is kept, given again once (50% of the times" in " ".join(shown.split())
    assert (await run.json("docs", "answer-cache", "-c", "docs", "--clear")) == {"entries": 1}
    assert (await run("docs", "answer-cache", "-c", "docs")).stdout == "docs: no answer is kept.\n"
