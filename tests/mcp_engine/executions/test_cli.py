"""`mcp-engine execution` against the real routes, on a real socket."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from mcp_engine.access import Caller
from mcp_engine.cli.executions import commands
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.errors import ModelFailed
from mcp_engine.executions.schemas import ModelRef, Outcome, Prices, StartExecution, VersionRef
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
from mcp_engine.telemetry.context import bind_tenant
from mcp_engine.telemetry.store import SpanStore
from mcp_engine.telemetry.tracing import span, tracer
from tests.commands import Commands

SOURCE = new_id()
START = StartExecution(
    namespace="default",
    kind="prompt_run",
    inputs={"name": "Ada"},
    version=VersionRef("prompt", "default", "greeting", 2, new_id(), "ab" * 32, "cd" * 32),
    model=ModelRef("openai", "gpt", "ef" * 32),
    parameters={"temperature": 0.5},
    prices=Prices(Decimal(1), Decimal(2)),
)


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands(commands, url, monkeypatch)


async def test_show_draws_facts_content_and_the_waterfall(
    run: Commands, executions: ExecutionService, store: SpanStore, caller: Caller
) -> None:
    with bind_tenant(caller.tenant_id), span(tracer(__name__), "prompt_run greeting"):
        running = await executions.start(caller, START)
        with pytest.raises(ModelFailed), span(tracer(__name__), "chat gpt"):
            raise ModelFailed("model.crashed", "It died.")
        await running.finish(
            Outcome(
                output="Hello\x1b[2J Ada",
                finish_reason="stop",
                input_tokens=10,
                output_tokens=5,
                cached_tokens=3,
                sources=[SOURCE],
            )
        )
    await store.flush()
    shown = (await run("show", str(running.id))).stdout
    for part in (
        "succeeded (stop)", "prompt greeting/2", "openai gpt", "ab" * 32, "temperature=0.5", "0.000020 USD",
        "10 in, 5 out (3 from cache)", '"name": "Ada"', "Hello␛[2J Ada", str(running.trace_id), str(SOURCE),
    ):  # fmt: skip
        assert part in shown
    *_, outer, inner = shown.splitlines()
    assert outer.startswith("prompt_run greeting")
    assert inner.startswith("  chat gpt")
    assert "█" in outer
    assert inner.endswith("failed: model.crashed")
    as_json = json.loads((await run("show", str(running.id), "--json")).stdout)
    assert as_json["output"]["value"] == "Hello\x1b[2J Ada"


async def test_a_failed_and_erased_execution_says_so(
    run: Commands, executions: ExecutionService, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    await running.fail(ModelFailed("model.crashed", "It died."))
    await executions.erase_content(caller, running.id, "asked to")
    assert "(erased)" in (await run("list")).stdout
    shown = (await run("show", str(running.id))).stdout
    assert "model.crashed: It died." in shown
    assert "erased; commitment" in shown
    assert "Spans" not in shown


async def test_list_filters_and_says_what_to_do_when_there_are_none(
    run: Commands, executions: ExecutionService, caller: Caller
) -> None:
    assert "run a prompt" in (await run("list")).stdout
    running = await executions.start(caller, START)
    await running.finish(Outcome(input_tokens=10, output_tokens=5))
    listed = (await run("list", "--artifact", "greeting", "--status", "succeeded")).stdout
    assert "10 in, 5 out" in listed
    assert "name: Ada" in listed
    page = json.loads((await run("list", "--since", "2020-01-01", "--json")).stdout)
    assert [item["id"] for item in page["items"]] == [str(running.id)]
    assert json.loads((await run("list", "--until", "2020-01-01", "--json")).stdout)["items"] == []


async def test_the_list_calls_a_refusal_refused_and_keeps_ids_whole(
    run: Commands, executions: ExecutionService, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    running = await executions.start(caller, replace(START, kind="ask", inputs={"question": "Why?" * 20}))
    await running.finish(Outcome(finish_reason="refused"))
    listed = (await run("list")).stdout
    assert "refused" in listed
    assert str(running.id) in listed


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["list", "--status", "odd"], ExitCode.USAGE),
        (["show", "00000000-0000-0000-0000-000000000000"], ExitCode.REFUSED),
        (["show", "../namespaces"], ExitCode.REFUSED),
    ],
)
async def test_failures_have_their_exit_codes(run: Commands, arguments: list[str], exit_code: ExitCode) -> None:
    result = await run(*arguments)
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == exit_code


async def test_a_search_for_text_goes_on_until_the_page_is_full(
    run: Commands, executions: ExecutionService, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_engine.executions.repository.SEARCHED_AT_ONCE", 2)
    for inputs in ("needle", "hay", "hay", "needle", "hay"):
        running = await executions.start(caller, replace(START, inputs=inputs))
        await running.finish(Outcome(output="x"))
    result = await run("list", "--text", "NEEDLE", "--label", "production", "--json")
    assert json.loads(result.stdout)["items"] == []
    result = await run("list", "--text", "NEEDLE", "--version", "2", "--model", "gpt", "--json")
    assert len(json.loads(result.stdout)["items"]) == 2
