"""`mcp-engine prompt` against the real routes, on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.prompts import commands
from mcp_engine.errors import ModelFailed
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from tests.commands import Commands, listening
from tests.mcp_engine.prompts.conftest import Script

PROMPT = "---\nname: greet\ndescription: Greets.\nparameters: {max_tokens: 9}\n---\nHi {{ name }}\n"


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.chdir(tmp_path)
    Path("greet.prompt").write_text(PROMPT)
    return Commands(commands, url, monkeypatch)


async def test_the_life_of_a_prompt(run: Commands) -> None:
    first = await run.json("push", "greet.prompt", "-m", "first", "--label", "staging")
    assert (first["name"], first["number"], first["created"], first["message"]) == ("greet", 1, True, "first")
    assert not (await run.json("push", "greet.prompt", "-m", "again"))["created"]
    Path("other.md").write_text(PROMPT.replace("Hi", "Hello"))
    assert (await run.json("push", "other.md", "-m", "second"))["number"] == 2
    assert (await run.json("push", "other.md", "--name", "copy"))["name"] == "copy"
    assert [item["name"] for item in (await run.json("list"))["items"]] == ["copy", "greet"]
    assert (await run.json("get", "greet@staging"))["number"] == 1
    assert (await run.json("get", "greet/2"))["body"]["template"] == "Hello {{ name }}"
    assert (await run.json("label", "greet", "2", "production"))["to_number"] == 2
    diff = await run.json("diff", "greet", "staging", "2")
    assert "-Hi {{ name }}" in diff["text"]
    assert [item["number"] for item in (await run.json("versions", "greet"))["items"]] == [2, 1]
    assert len((await run.json("history", "greet"))["items"]) == 2


async def test_a_person_reads_tables_and_text(run: Commands) -> None:
    assert "No prompts" in (await run("list")).stdout
    assert "Pushed greet/1" in (await run("push", "greet.prompt", "-m", "first")).stdout
    assert "Unchanged" in (await run("push", "greet.prompt", "-m", "first")).stdout
    assert "greet@production is now version 1" in (await run("label", "greet", "1", "production")).stdout
    assert "production→1" in (await run("list")).stdout
    shown = (await run("get", "greet")).stdout
    assert "Hi {{ name }}" in shown
    assert '"max_tokens": 9' in shown
    Path("greet.prompt").write_text(PROMPT.replace("Hi", "[bold]Hello[/bold]").replace("9", "8"))
    await run("push", "greet.prompt", "-m", "second")
    diff = (await run("diff", "greet", "1", "2")).stdout
    assert "+[bold]Hello[/bold] {{ name }}" in diff
    assert "parameters.max_tokens: 9 → 8" in diff
    assert "identical" in (await run("diff", "greet", "1", "1")).stdout
    assert "second" in (await run("versions", "greet")).stdout
    assert "production" in (await run("history", "greet")).stdout


async def test_a_run_prints_the_output_alone(run: Commands, script: Script) -> None:
    await run("push", "greet.prompt", "-m", "first")
    for stream in ((), ("--stream",)):
        result = await run("run", "greet/1", "--var", "name=Ada = Eve", *stream)
        assert result.stdout == "Hello Ada\n"
        assert "7+3 tokens" in result.stderr
        assert script.messages[0].content == "Hi Ada = Eve"
    completed = await run.json("run", "greet", "--var", "name=Ada", "--model", "other/scripted-1")
    assert (completed["output"], completed["model"]) == ("Hello Ada", "other/scripted-1")
    lines = (await run("run", "greet", "--var", "name=Ada", "--stream", "--json")).stdout.splitlines()
    assert [json.loads(line).get("text") for line in lines] == ["Hello", " ", "Ada", None]


async def test_variables_of_other_types_come_as_json(run: Commands, script: Script) -> None:
    Path("list.prompt").write_text("{% for item in items %}{{ item }};{% endfor %}{{ note }}")
    await run("push", "list.prompt", "-m", "first")
    Path("vars.json").write_text('{"items": ["x"], "note": "from file"}')
    result = await run("run", "list", "--var-file", "vars.json", "--var", 'items:=["a", "b"]')
    assert result.exit_code == 0, result.output
    assert script.messages[0].content == "a;b;from file"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (["push", "missing.prompt"], ExitCode.USAGE, "can't be read"),
        (["push", "bad.prompt"], ExitCode.REFUSED, "line 2, column 6"),
        (["push", "framed.prompt"], ExitCode.REFUSED, "line 2 is line 6 of framed.prompt"),
        (["push", "greet.prompt", "--name", ""], ExitCode.REFUSED, "name"),
        (["push", "bad.yaml"], ExitCode.REFUSED, "no YAML at line 1"),
        (["push", "big.txt"], ExitCode.REFUSED, "larger than"),
        (["push", "prompt.pdf"], ExitCode.REFUSED, ".prompt"),
        (["push", "greet.prompt", "--name", "a/b"], ExitCode.REFUSED, "can't name"),
        (["get", "greet@production"], ExitCode.REFUSED, "latest"),
        (["get", "greet/x"], ExitCode.USAGE, "version number"),
        (["get", "greet/1@latest"], ExitCode.REFUSED, "not both"),
        (["get", "nothing"], ExitCode.REFUSED, "greet"),
        (["label", "greet", "1", "latest"], ExitCode.REFUSED, "computed"),
        (["run", "greet"], ExitCode.REFUSED, "'name'"),
        (["run", "greet", "--var", "nonsense"], ExitCode.USAGE, "name=value"),
        (["run", "greet", "--var", "name:=nonsense"], ExitCode.USAGE, "no JSON"),
        (["run", "greet", "--var-file", "greet.prompt"], ExitCode.USAGE, "no JSON"),
    ],
)
async def test_what_goes_wrong_is_said_in_one_line(
    run: Commands, arguments: list[str], exit_code: ExitCode, says: str
) -> None:
    await run("push", "greet.prompt", "-m", "first")
    Path("bad.prompt").write_text("ok\n{{ a +")
    Path("framed.prompt").write_text("---\nname: framed\ntags: [a]\n---\nok\n{{ a +")
    Path("bad.yaml").write_text("a: b: c")
    Path("big.txt").write_text("x" * 10_000_000)
    Path("prompt.pdf").write_text("x")
    failure = (await run(*arguments)).exception
    assert isinstance(failure, CommandFailed), failure
    assert failure.exit_code == exit_code
    assert says in failure.message


async def test_a_stream_may_hold_every_line_end_of_unicode(run: Commands, script: Script) -> None:
    script.pieces = ["one\u2028", "two\x85", "three\x1c"]
    await run("push", "greet.prompt", "-m", "first")
    result = await run("run", "greet", "--var", "name=x", "--stream")
    assert result.exit_code == 0
    assert "one\u2028two" in result.stdout


async def test_a_run_that_fails_in_the_middle_of_its_stream_says_so(run: Commands, script: Script) -> None:
    await run("push", "greet.prompt", "-m", "first")
    script.error = ModelFailed("model.process_died", "The model process died.")
    result = await run("run", "greet", "--var", "name=x", "--stream")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.UNAVAILABLE
    assert result.stdout.startswith("Hello Ada")


async def test_a_client_that_hangs_up_cancels_its_run(
    run: Commands, url: str, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await run("push", "greet.prompt", "-m", "first")
    script.hold = asyncio.Event()
    headers = {"Authorization": "Bearer owner"}
    for stream in (False, True):
        script.closed = False
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
            body = {"variables": {"name": "x"}, "stream": stream}
            request = asyncio.create_task(client.post("/api/v1/prompts/greet/run", json=body))
            await until(lambda: bool(script.messages))
            request.cancel()
            await asyncio.wait({request})
        await until(lambda: script.closed)
        script.messages = []
    while any(item.status == "running" for item in (await executions.list(caller, ExecutionFilter())).items):
        await asyncio.sleep(0.01)
    ended = (await executions.list(caller, ExecutionFilter())).items
    assert [item.status for item in ended] == ["cancelled", "cancelled"]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)
