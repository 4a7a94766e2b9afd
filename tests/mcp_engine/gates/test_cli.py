"""`mcp-engine gate`, and what refused moves of labels print, against the real routes with jobs run beside them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from typer.testing import Result

from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.cli import experiments, following, gates, prompts
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.main import fail
from mcp_engine.database.engine import Database
from mcp_engine.experiments.routes import router as experiments_router
from mcp_engine.experiments.service import ExperimentService
from tests.commands import Commands, listening
from tests.mcp_engine.gates.conftest import ROWS, Join, Story

GATE = """
description: What customers read.
protects: {names: [greet]}
requires:
  - {name: proof, dataset: questions/1, scorer: exact}
minimum_rows: 10
planned_looks: 1
"""


@pytest_asyncio.fixture(loop_scope="session")
async def url(
    app: FastAPI, database: Database, artifacts: ArtifactService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)
    app.state.services.add(ExperimentService(database, artifacts))
    app.include_router(experiments_router, prefix="/api/v1")
    async with listening(app) as address:
        yield address


@pytest.fixture
def gate(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    Path("main.yaml").write_text(GATE)
    return Commands(gates.commands, url, monkeypatch)


@pytest.fixture
def prompt(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands(prompts.commands, url, monkeypatch)


def failed(result: Result) -> CommandFailed:
    assert isinstance(result.exception, CommandFailed), result.output
    return result.exception


def told(result: Result, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that the command's process ends with on standard error."""
    with pytest.raises(SystemExit):
        fail(failed(result))
    return capsys.readouterr().err.splitlines()


@pytest.mark.usefixtures("worker")
async def test_from_a_gate_to_a_proved_release(gate: Commands, prompt: Commands, story: Story) -> None:
    await story.begin()
    assert "Put one in force" in (await gate("list")).stdout
    pushed = await gate.json("push", "main.yaml", "-m", "first")
    assert (pushed["name"], pushed["active"], pushed["requirements"][0]["rule"]) == ("main", 1, "better")
    assert "Nobody has looked" in (await gate("show", "main")).stdout
    request = await gate.json("request", "greet", "2", "--reason", "warmer")
    assert (request["state"], request["reason"]) == ("ready", "warmer")
    shown = (await gate("status", request["id"])).stdout
    assert "greet@production to version 2: everything is there." in shown
    assert "Gate main/1, compared with version 1:" in shown
    assert f"✓ proof: it was shown that the version is better by 'exact' on the {ROWS} sealed rows" in shown
    assert "mcp-engine prompt label greet 2 production" in shown
    moved = (await prompt("label", "greet", "2", "production")).stdout
    assert moved == "greet@production is now version 2 (was 1), proved.\n"
    assert (await gate.json("requests"))["items"] == []
    listed = (await gate("requests", "--state", "all", "--name", "greet")).stdout
    assert f"{request['id']}  greet@production to version 2  released" in listed


@pytest.mark.usefixtures("worker")
async def test_what_was_not_shown_ends_with_its_own_code(
    gate: Commands, prompt: Commands, story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    await story.begin()
    story.knows(1)
    await gate("push", "main.yaml")
    result = await gate("request", "greet", "2")
    assert failed(result).exit_code == ExitCode.FAILED
    assert "✗ proof: it was not shown" in result.stdout
    assert json.loads((await gate("request", "greet", "2", "--json")).stdout)["state"] == "failed"
    head, *missing = told(await prompt("label", "greet", "2", "production"), capsys)
    assert head == "error: Version 2 of 'greet' can't be released under 'production' yet."
    [line] = missing
    assert line.startswith("  - main: proof: it was not shown that the version is better")


async def test_a_ledger_shows_what_is_left_and_why(gate: Commands, story: Story) -> None:
    await story.begin()
    story.knows(1)
    await story.gate({"name": "proof", "dataset": "questions/1", "scorer": "exact"}, planned_looks=2)
    await story.asked()
    shown = (await gate("show", "main")).stdout
    assert "1 of 2" in shown
    assert "█████████░░░░░░░ 55 %" in shown
    assert "1 of 2 planned looks are spent" in shown
    assert (await gate.json("show", "main"))["ledgers"][0]["left"] == pytest.approx(0.55)


async def test_two_persons_approve(
    gate: Commands, prompt: Commands, story: Story, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.begin()
    Path("main.json").write_text(json.dumps({"approvals": 2, "movers": ["ada"], "cooldown_minutes": 1}))
    terms = (await gate("push", "main.json", "--name", "eyes")).stdout
    assert "Approvals: 2, none by the author; who releases: ada; machines may only ask;" in terms
    assert "experiments may not show" in terms
    assert "show unreleased versions; 1 minutes between" in terms
    assert "It asks for no evaluation." in terms
    request = await gate.json("request", "greet", "2", "--no-wait")
    assert failed(await gate("approve", request["id"])).exit_code == ExitCode.NOT_ALLOWED
    for name in ("ada", "bob"):
        await join(name)
        monkeypatch.setenv("MCP_ENGINE_API_KEY", name)
        shown = (await gate("approve", request["id"], "--comment", "fine")).stdout
    assert "Approvals: 2 of 2." in shown
    assert "  - bob approved: fine" in shown
    assert "Missing:\n  - eyes: The label was moved not long ago" in shown
    rejected = (await gate("reject", request["id"], "-m", "wait")).stdout
    assert "  - bob rejected it: wait" in rejected
    assert f"Others approve it: mcp-engine gate approve {request['id']}" in rejected
    assert "gate.rejected, gate.approvals_missing" in (await gate("requests")).stdout


async def test_an_override_and_a_rollback_show_in_the_history(gate: Commands, prompt: Commands, story: Story) -> None:
    await story.begin()
    await gate("push", "main.yaml")
    assert failed(await prompt("label", "greet", "2", "production", "--override")).exit_code == ExitCode.REFUSED
    moved = await prompt("label", "greet", "2", "production", "--override", "--reason", "urgent")
    assert moved.stdout == "greet@production is now version 2 (was 1), promoted without proof.\n"
    back = await prompt("rollback", "greet", "--reason", "worse")
    assert back.stdout == "greet@production is now version 1 (was 2), rolled back.\n"
    assert (await prompt.json("rollback", "greet", "production", "--version", "2"))["to_number"] == 2
    history = (await prompt("history", "greet")).stdout
    assert [history.count(words) for words in ("rolled back", "promoted without proof")] == [2, 1]
    assert failed(await prompt("rollback", "greet", "staging")).exit_code == ExitCode.REFUSED


async def test_a_proof_that_no_longer_stands_is_told(gate: Commands, prompt: Commands, story: Story) -> None:
    await story.begin()
    scorer = {"type": "contains", "parameters": {"ignore_case": True}}
    await story.ok(story.api.post("/artifacts/scorer/right", {"body": scorer, "labels": ["current"]}))
    await story.gate({"name": "proof", "dataset": "questions/1", "scorer": "right@current"})
    await story.asked()
    await prompt("label", "greet", "2", "production")
    assert " proved " in (await prompt("history", "greet")).stdout
    await story.ok(story.api.post("/artifacts/scorer/right", {"body": {"type": "exact"}, "labels": ["current"]}))
    assert "proved then; what it rests on has changed" in (await prompt("history", "greet")).stdout


async def test_an_experiment_promotes_through_the_gate(
    gate: Commands, url: str, story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await story.begin()
    run = Commands(experiments.commands, url, monkeypatch)
    plan = ["--prompt", "greet", "--arm", "old=1", "--arm", "new=2", "--metric", "helpful:binary:higher"]
    assert (await run.json("start", "warmth", *plan))["state"] == "running"
    await gate("push", "main.yaml")
    head, *missing = told(await run("promote", "warmth", "new"), capsys)
    assert head == "error: Version 2 of 'greet' can't be released under 'production' yet."
    assert missing == [
        "  - main: Nobody has asked for this release yet; request it to gather what it needs.",
    ]
    assert (await run.json("status", "warmth"))["experiment"]["state"] == "running"


async def test_gates_are_listed_with_what_they_protect(gate: Commands, story: Story) -> None:
    await story.begin()
    await gate("push", "main.yaml")
    await story.gate(name="off", enabled=False, protects={"names": ["a*", "b"], "label": "live"})
    floor: dict[str, Any] = {"name": "floor", "dataset": "questions/1", "scorer": "latency", "pass_at": 300}
    await story.gate({**floor, "rule": "at_least", "threshold": 0.805}, name="floor", machines="release")
    await story.ok(story.api.post("/artifacts/gate/idle", {"body": {}}))
    listed = (await gate("list")).stdout
    assert "prompt a*, b @live" in listed
    assert "version 1, switched off" in listed
    assert "never put in force" in listed
    assert [one["name"] for one in (await gate.json("list", "--limit", "2"))["items"]] == ["floor", "idle"]
    shown = (await gate("show", "floor")).stdout
    assert "right on more than 80.5 % (a row is right from 300 on)" in shown
    assert "machines may release" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("push", "list.yaml"), ExitCode.USAGE, "a gate"),
        (("push", "nan.yaml"), ExitCode.USAGE, "JSON can't"),
        (("push", "moment.yaml"), ExitCode.USAGE, "can't be read"),
        (("push", "missing.yaml"), ExitCode.USAGE, "can't be read"),
        (("push", "odd.yaml"), ExitCode.REFUSED, "requires"),
        (("show", "nobody"), ExitCode.REFUSED, "nobody"),
        (("status", "nobody"), ExitCode.REFUSED, "request_id"),
        (("request", "greet", "0"), ExitCode.USAGE, "greater than"),
        (("request", "greet", "9"), ExitCode.REFUSED, "version"),
        (("request", "greet", "2"), ExitCode.REFUSED, "No gate protects"),
        (("requests", "--state", "closed"), ExitCode.REFUSED, "state"),
    ],
)
async def test_what_goes_wrong_says_why(
    gate: Commands, story: Story, arguments: tuple[str, ...], code: ExitCode, named: str
) -> None:
    await story.begin()
    bodies = {"list": "- a", "nan": "error_budget: .nan", "moment": "at: 2026-13-01", "odd": "requires: 3"}
    for name, body in bodies.items():
        Path(f"{name}.yaml").write_text(body)
    failure = failed(await gate(*arguments))
    assert failure.exit_code == code
    assert named in failure.message
