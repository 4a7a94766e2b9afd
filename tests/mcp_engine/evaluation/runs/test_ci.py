"""`mcp-engine ci`: a real git branch against the real routes, with evaluations run beside them."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli import ci, following
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.errors import InvalidInput
from tests.commands import Commands, listening
from tests.mcp_engine.evaluation.conftest import Api, Model

pytestmark = pytest.mark.usefixtures("worker")

ROWS = [{"inputs": {"q": f"q{number:02}"}, "expected": f"q{number:02}"} for number in range(30)]
SETTINGS = "checks:\n  - {dataset: questions, scorers: [exact]}\n"
PROMPT = "---\nname: echo\n---\n"


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest_asyncio.fixture(loop_scope="session")
async def run(
    app: FastAPI, api: Api, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Commands]:
    """A checkout with one released prompt that answers right, on a branch of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)
    model.rule = lambda asked: asked.removeprefix("fine ") if asked.startswith("fine") else "wrong"
    write("prompts/echo.prompt", f"{PROMPT}fine {{{{ q }}}}\n")
    write("mcp-engine.ci.yaml", SETTINGS)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "-qm", "released")
    git("checkout", "-qb", "work")
    body = {"name": "echo", "body": {"template": "fine {{ q }}"}, "labels": ["production"]}
    assert (await api.post("/prompts", body)).status_code == 201
    assert (await api.post("/datasets", {"name": "questions", "rows": ROWS})).status_code == 201
    async with listening(app) as url:
        yield Commands(ci.commands, url, monkeypatch)


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def change(template: str, name: str = "prompts/echo.prompt") -> Callable[[], None]:
    return lambda: write(name, f"{PROMPT}{template}\n")


async def checked(run: Commands, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code and the checks."""
    import json

    result = await run(*arguments, "--json")
    failure = result.exception
    code = failure.exit_code if isinstance(failure, CommandFailed) else result.exit_code
    return code, json.loads(result.stdout)["checks"]


async def test_a_branch_that_changed_no_prompt_passes(run: Commands) -> None:
    write("notes.txt", "nothing to see")
    assert await checked(run) == (0, [])
    assert "no prompt changed" in (await run()).stdout


async def test_a_worse_prompt_fails_and_the_reports_say_by_how_much(run: Commands) -> None:
    change("rough {{ q }}")()
    git("commit", "-qam", "worse")
    code, [one] = await checked(run, "--markdown", "report.md", "--junit", "report.xml")
    assert (code, one["state"], one["reason"]) == (ExitCode.FAILED, "failed", "Worse by exact.")
    assert (one["file"], one["version"], one["baseline"]) == ("prompts/echo.prompt", 2, 1)
    report = Path("report.md").read_text()
    assert "### Prompts: 1 failed" in report
    assert "| exact | 1 | 0 | -1 |" in report
    assert "+0 −30 of 30 | **worse** |" in report
    suite = ET.parse("report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "Worse by exact."


async def test_a_prompt_that_is_as_good_passes_unless_better_is_asked_for(run: Commands) -> None:
    change("fine  {{ q }}")()  # not committed yet
    code, [one] = await checked(run)
    assert (code, one["state"], one["differences"][0]["verdict"]) == (0, "passed", "undecided")
    write("mcp-engine.ci.yaml", SETTINGS.replace("}", ", fail_when: not_better}"))
    code, [one] = await checked(run)
    assert (code, one["reason"]) == (ExitCode.FAILED, "No scorer shows it to be better.")


async def test_a_mean_must_lie_within_its_bounds(run: Commands) -> None:
    change("fine  {{ q }}")()
    write("mcp-engine.ci.yaml", SETTINGS.replace("}", ", bounds: {exact: {at_least: 0.9}}}"))
    assert (await checked(run))[0] == 0
    write("mcp-engine.ci.yaml", SETTINGS.replace("}", ", bounds: {exact: {at_most: 0.5}}}"))
    code, [one] = await checked(run)
    assert (code, one["reason"]) == (ExitCode.FAILED, "The mean of exact is 1, and must be ≤ 0.5.")


async def test_what_is_released_or_new_has_nothing_to_compare(run: Commands) -> None:
    write("prompts/other.prompt", "fine {{ q }}\n")
    write("prompts/again.prompt", "---\nname: echo\n---\nfine {{ q }}\n")
    code, [again, other] = await checked(run)
    assert (code, again["state"], again["reason"]) == (0, "skipped", "It is the released version.")
    assert (other["state"], other["reason"]) == ("passed", "Nothing was released before it.")
    assert [metric["mean"] for metric in other["metrics"]] == [1.0]


async def test_what_cannot_be_checked_is_broken_and_not_passed(run: Commands, model: Model) -> None:
    change("{{ q")()
    write("prompts/lost.prompt", "{{ nobody }}\n")
    write("mcp-engine.ci.yaml", SETTINGS.replace("questions", "nothing"))
    code, [echo, lost] = await checked(run)
    assert (code, echo["state"], lost["state"]) == (ExitCode.FAILED, "broken", "broken")
    assert "nothing" in lost["reason"]
    write("mcp-engine.ci.yaml", SETTINGS)
    model.rule = lambda _: InvalidInput("model.refused", "No.")
    code, [_, lost] = await checked(run)
    # A run without an output is a result, and the worst one.
    assert (code, lost["state"], lost["metrics"][0]["mean"]) == (ExitCode.FAILED, "passed", 0.0)


async def test_globs_and_names_choose(run: Commands) -> None:
    change("rough {{ q }}")()
    write("mcp-engine.ci.yaml", f"files: ['other/**/*.prompt']\n{SETTINGS}")
    assert await checked(run) == (0, [])
    write("mcp-engine.ci.yaml", SETTINGS.replace("}", ", prompts: [somebody]}"))
    code, [one] = await checked(run)
    assert (code, one["state"], one["reason"]) == (0, "skipped", "No check is meant for it.")


@pytest.mark.parametrize(
    ("settings", "arguments", "named"),
    [
        (None, (), "There is no mcp-engine.ci.yaml"),
        ("checks: []\n", (), "checks"),
        ("checks: [{dataset: x, scorers: [exact], wrong: 1}]\n", (), "wrong"),
        ("checks: {", (), "can't be read"),
        (SETTINGS, ("--base", "nowhere"), "git merge-base"),
    ],
)
async def test_wrong_settings_say_what_to_correct(
    run: Commands, settings: str | None, arguments: tuple[str, ...], named: str
) -> None:
    Path("mcp-engine.ci.yaml").unlink() if settings is None else write("mcp-engine.ci.yaml", settings)
    result = await run(*arguments)
    assert isinstance(result.exception, CommandFailed), result.output
    assert result.exception.exit_code == ExitCode.USAGE
    assert named in result.exception.message
