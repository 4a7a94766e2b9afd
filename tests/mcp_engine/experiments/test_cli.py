"""`mcp-engine experiment` and `mcp-engine feedback` against the real routes, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from mcp_engine.cli import experiments, feedback
from mcp_engine.cli.failures import CommandFailed, ExitCode
from tests.commands import Commands, listening
from tests.mcp_engine.experiments.conftest import Api

PLAN = """
name: {name}
artifact: {prompt}
arms:
  - {{name: control, version: 1, weight: 0.5}}
  - {{name: short, version: 2, weight: 0.5}}
metrics:
  - {{name: helpful, kind: binary, direction: higher}}
guardrails:
  - {{name: safe, kind: binary, direction: higher, tolerated_loss: 0.02}}
ramp:
  - {{share: 0.1, at: 2026-01-01T00:00:00Z}}
  - {{share: 1.0, after_hours: 1000}}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def url(api: Api) -> AsyncIterator[str]:
    async with listening(api.app) as address:
        yield address


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.chdir(tmp_path)
    return Commands(experiments.commands, url, monkeypatch)


async def test_from_a_file_to_a_release(run: Commands, api: Api) -> None:
    Path("plan.yaml").write_text(PLAN.format(name="brevity", prompt=api.prompt))
    begun = await run.json("start", "plan.yaml")
    assert (begun["state"], begun["traffic"]) == ("running", 0.1)
    assert begun["plan"]["guardrails"][0]["tolerated_loss"] == 0.02
    assert [item["name"] for item in (await run.json("list", "--prompt", api.prompt))["items"]] == ["brevity"]
    found = await run.json("status", "brevity")
    assert found["analysis"]["conclusion"]["decision"] == "keep_going"
    assert (await run.json("promote", "brevity", "short", "-m", "shorter"))["state"] == "promoted"
    assert (await api.detail())["number"] == 2


async def test_from_options_and_by_draft(run: Commands, api: Api) -> None:
    options = [
        "--prompt",
        api.prompt,
        "--arm",
        "control=1:0.8",
        "--arm",
        "short=2:0.2",
        "--metric",
        "helpful:binary:higher",
    ]
    guarded = ["--guardrail", "minutes:mean:lower:0.5"]
    draft = await run.json("start", "quick", *options, *guarded, "--draft")
    assert draft["state"] == "draft"
    assert [arm["weight"] for arm in draft["arms"]] == [0.8, 0.2]
    assert draft["plan"]["guardrails"][0]["tolerated_loss"] == 0.5
    assert (await run.json("start", "quick"))["state"] == "running"
    assert (await run.json("stop", "quick", "-m", "enough"))["events"][-1]["reason"] == "enough"
    even = await run.json("start", "even", "--prompt", api.prompt, "--arm", "a=1", "--arm", "b=2", *options[6:])
    assert [arm["weight"] for arm in even["arms"]] == [0.5, 0.5]


async def test_a_person_reads_what_is_concluded(run: Commands, api: Api) -> None:
    assert "No experiments" in (await run("list", "--prompt", api.prompt)).stdout
    Path("plan.yaml").write_text(PLAN.format(name="readable", prompt=api.prompt))
    assert "readable: running" in (await run("start", "plan.yaml")).stdout
    told = (await run("status", "readable")).stdout
    assert "keep_going" in told
    assert "safe (guardrail)" in told
    assert "readable" in (await run("list")).stdout
    assert "enough" in (await run("stop", "readable", "-m", "enough")).stdout


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["start", "plan.yaml"], ExitCode.USAGE),
        (["start", "x", "--arm", "a=1"], ExitCode.USAGE),
        (["start", "x", "--prompt", "p", "--arm", "a"], ExitCode.USAGE),
        (["start", "x", "--prompt", "p", "--metric", "helpful"], ExitCode.USAGE),
        (["start", "nothing-of-the-name"], ExitCode.REFUSED),
        (["status", "nothing-of-the-name"], ExitCode.REFUSED),
    ],
)
async def test_a_failure_says_what_kind_it_is(run: Commands, arguments: list[str], exit_code: ExitCode) -> None:
    Path("plan.yaml").write_text("- a\n- list\n")
    failure = (await run(*arguments)).exception
    assert isinstance(failure, CommandFailed)
    assert failure.exit_code == exit_code


async def test_feedback_from_the_command_line(
    url: str, api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    give = Commands(feedback.commands, url, monkeypatch)
    execution = (await api.run())["execution_id"]
    for value, kept in (("true", True), ("no", False), ("0.5", 0.5)):
        assert (await give.json(execution, "helpful", value))["value"] == kept
    assert (await give.json("chat-1", "helpful", "yes", "--session", "-m", "fine"))["session_id"] == "chat-1"
    assert (await give.json(execution, "comment", "Nice."))["value"] == "Nice."
    assert "Recorded helpful" in (await give(execution, "helpful", "1")).stdout
    for value in ("maybe", "nan", "inf"):
        failure = (await give(execution, "helpful", value)).exception
        assert isinstance(failure, CommandFailed)
        assert failure.exit_code == ExitCode.USAGE
