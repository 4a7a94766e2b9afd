"""`mcp-engine eval` and `mcp-engine scorer` against the real routes, with jobs run beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli import evaluations, following, scorers
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.errors import InvalidInput
from tests.commands import Commands, listening
from tests.mcp_engine.evaluation.conftest import Api, Model
from tests.mcp_engine.evaluation.runs.test_evaluations import prepared

ROWS = [{"inputs": {"q": f"q{number}"}, "expected": f"q{number}"} for number in range(12)]


@pytest_asyncio.fixture(loop_scope="session")
async def run(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Commands]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)
    async with listening(app) as url:
        yield Commands(evaluations.commands, url, monkeypatch)


@pytest.mark.usefixtures("worker")
async def test_two_versions_are_evaluated_and_compared(run: Commands, api: Api, model: Model) -> None:
    model.rule = lambda asked: asked.removeprefix("better ") if asked.startswith("better") else "wrong"
    await prepared(api, ROWS)
    await prepared(api, ROWS, "better {{ q }}")
    arguments = ("--dataset", "questions", "-s", "exact", "-s", "latency", "-p", "seed:=7")
    first = await run.json("run", "echo/1", *arguments)
    assert (first["state"], first["parameters"], first["metrics"][0]["mean"]) == ("succeeded", {"seed": 7}, 0.0)
    shown = (await run("run", "echo/2", *arguments)).stdout
    assert "echo/2 on questions/1 open (12), local: succeeded" in shown
    assert "95 % INTERVAL" in shown
    listed = (await run.json("list", "--name", "echo"))["items"]
    assert [one["number"] for one in listed] == [2, 1]
    text = (await run("compare", first["id"], listed[0]["id"], "--scorer", "exact")).stdout
    assert "better" in text
    assert "+12 −0" in text
    assert "row 0:" in text
    rows = (await run("rows", first["id"], "--limit", "2")).stdout
    assert "exact=0" in rows


@pytest.mark.usefixtures("worker")
async def test_rows_that_fail_are_told(run: Commands, api: Api, model: Model) -> None:
    model.rule = lambda asked: InvalidInput("model.refused", "No.") if asked == "q1" else asked
    await prepared(api, ROWS)
    found = await run.json("run", "echo", "-d", "questions", "-s", "exact")
    shown = (await run("show", found["id"])).stdout
    assert "1 rows gave no output." in shown
    assert "score.no_output:1" in shown
    assert "model.refused" in (await run("rows", found["id"], "--failed")).stdout


async def test_nobody_has_to_wait(run: Commands, api: Api) -> None:
    await prepared(api, ROWS)
    assert (await run.json("run", "echo", "-d", "questions", "-s", "exact", "--no-wait"))["state"] == "queued"


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("run", "echo", "-d", "questions", "-s", "exact", "-p", "seed"), ExitCode.USAGE, "name:=JSON"),
        (("run", "echo", "-d", "questions", "-s", "exact", "-p", "seed:=x"), ExitCode.USAGE, "no JSON"),
        (("run", "nobody", "-d", "questions", "-s", "exact"), ExitCode.REFUSED, "nobody"),
        (("run", "echo", "-d", "questions", "-s", "vibes"), ExitCode.REFUSED, "token_f1"),
    ],
)
async def test_what_cannot_be_run_says_why(
    run: Commands, api: Api, arguments: tuple[str, ...], code: ExitCode, named: str
) -> None:
    await prepared(api, ROWS)
    result = await run(*arguments)
    assert isinstance(result.exception, CommandFailed), result.output
    assert result.exception.exit_code == code
    assert named in result.exception.message


async def test_scorers_are_pushed_and_listed(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("close.yaml").write_text("type: numeric\nparameters: {absolute: 0.5}\n")
    Path("broken.yaml").write_text("- type\n")
    async with listening(app) as url:
        run = Commands(scorers.commands, url, monkeypatch)
        assert (await run.json("push", "close.yaml", "--label", "production"))["number"] == 1
        assert "Unchanged: this is close/1" in (await run("push", "close.yaml")).stdout
        assert "production→1" in (await run("list")).stdout
        assert "regex" in (await run("types")).stdout
        for file in ("broken.yaml", "missing.yaml"):
            result = await run("push", file)
            assert isinstance(result.exception, CommandFailed)
            assert result.exception.exit_code == ExitCode.USAGE
