"""`mcp-engine dataset` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.cli.datasets import commands
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.executions.routes import router as executions_router
from mcp_engine.executions.schemas import Outcome, StartExecution, VersionRef
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
from tests.commands import Commands, listening


@pytest_asyncio.fixture(loop_scope="session")
async def run(
    app: FastAPI, executions: ExecutionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Commands]:
    monkeypatch.chdir(tmp_path)
    Path("capitals.csv").write_text("question,answer,by\nFrance?,Paris,Ada\nPeru?,Lima,Bob\n")
    app.state.services.add(executions)
    app.include_router(executions_router, prefix="/api/v1")
    async with listening(app) as url:
        yield Commands(commands, url, monkeypatch)


async def test_the_life_of_a_dataset(run: Commands) -> None:
    options = ("--expected", "answer", "--metadata", "by", "-m", "first", "--label", "current")
    first = await run.json("push", "capitals.csv", *options)
    assert (first["name"], first["number"], first["labels"]) == ("capitals", 1, ["current", "latest"])
    shown = await run("push", "capitals.csv", *options)
    assert "Unchanged: this is capitals/1" in shown.stdout
    Path("more.jsonl").write_text('{"inputs": {"question": "Chad?"}, "expected": "N\'Djamena", "split": "sealed"}\n')
    assert (await run.json("push", "more.jsonl", "--name", "capitals", "--extend"))["number"] == 2
    assert "open:2 sealed:1" in (await run("list")).stdout
    text = (await run("show", "capitals@current")).stdout
    assert "Inputs: question" in text
    assert "open: 2 rows" in text
    rows = (await run("rows", "capitals/1")).stdout
    assert '{"question": "Peru?"}' in rows
    assert [one["number"] for one in (await run.json("versions", "capitals"))["items"]] == [2, 1]
    assert (await run.json("label", "capitals", "2", "current"))["to_number"] == 2
    sealed = await run("rows", "capitals", "--split", "sealed")
    assert isinstance(sealed.exception, CommandFailed)
    assert "read by gates alone" in sealed.exception.message


async def test_the_runs_of_a_prompt_become_rows(run: Commands, executions: ExecutionService, caller: Caller) -> None:
    for name in ("Ada", "Bob", "Cyd"):
        version = VersionRef("prompt", "default", "greet", 1, new_id(), "0" * 64)
        start = StartExecution("default", "prompt_run", {"variables": {"name": name}}, version=version)
        await (await executions.start(caller, start)).finish(Outcome(output=f"Hi {name}"))
    arguments = ("greetings", "--prompt", "greet", "--expected", "output", "--limit", "2")
    pushed = await run.json("from-executions", *arguments)
    assert pushed["splits"]["open"]["rows"] == 2
    assert (await run.json("rows", "greetings"))["items"][0]["expected"] == "Hi Cyd"


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("push", "nothing.csv"), ExitCode.USAGE, "nothing.csv is no file"),
        (("push", "capitals.csv", "--share", "open"), ExitCode.USAGE, "sealed=0.4"),
        (("push", "capitals.csv", "--share", "open=half"), ExitCode.USAGE, "sealed=0.4"),
        (("push", "capitals.csv", "--share", "open=0.5"), ExitCode.REFUSED, "sum to 0.5"),
        (("push", "capitals.csv", "--input", "q"), ExitCode.REFUSED, "no column 'q'"),
        (("from-executions", "x"), ExitCode.USAGE, "--execution or --prompt"),
        (("from-executions", "x", "--prompt", "nobody"), ExitCode.REFUSED, "'nobody'"),
    ],
)
async def test_what_cannot_be_done_says_why(
    run: Commands, arguments: tuple[str, ...], code: ExitCode, named: str
) -> None:
    result = await run(*arguments)
    assert isinstance(result.exception, CommandFailed), result.output
    assert result.exception.exit_code == code
    assert named in result.exception.message
