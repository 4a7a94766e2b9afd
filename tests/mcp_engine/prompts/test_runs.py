"""Runs: streamed, recorded with what produced them, failed and cancelled ones as such."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import ModelFailed, SlowDown
from mcp_engine.executions.schemas import ExecutionDetail, ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from mcp_engine.prompts.runs import RunDelta
from mcp_engine.prompts.schemas import RunPrompt
from mcp_engine.prompts.service import PromptService
from mcp_engine.telemetry.store import SpanStore
from tests.mcp_engine.prompts.conftest import Api, Script

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def last(executions: ExecutionService, caller: Caller) -> ExecutionDetail:
    """The only execution of the test's tenant."""
    page = await executions.list(caller, ExecutionFilter())
    assert len(page.items) == 1
    return await executions.get(caller, page.items[0].id)


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block.split("\n", 1) for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


async def test_a_run_is_recorded_with_what_produced_it(
    api: Api, script: Script, executions: ExecutionService, caller: Caller, spans: SpanStore
) -> None:
    pushed = await api.pushed("greet", "Greet {{ name }}", parameters={"max_tokens": 9, "seed": 5, "stop": ["\n"]})
    response = await api.run("greet", variables={"name": "Ada"}, parameters={"temperature": 0.5})
    run = response.json()
    assert (response.status_code, run["output"], run["finish_reason"], run["number"]) == (200, "Hello Ada", "stop", 1)
    assert run["usage"] == {"input_tokens": 7, "output_tokens": 3, "cached_tokens": 2}
    assert run["cost_usd"] == 0
    assert [(message.type, message.content) for message in script.messages] == [("human", "Greet Ada")]
    assert script.arguments["fair_key"] == str(caller.tenant_id)
    assert script.arguments["stop"] == ["\n"]
    assert (script.arguments["max_tokens"], script.arguments["temperature"]) == (9, 0.5)
    stored = await executions.get(caller, UUID(run["execution_id"]))
    assert (stored.status, stored.kind, stored.seed) == ("succeeded", "prompt_run", 5)
    assert stored.artifact is not None
    assert (stored.artifact.digest, stored.artifact.lock_digest) == (pushed["digest"], run["lock_digest"])
    assert stored.model is not None
    assert (stored.model.digest, stored.model.weights_digest) == (run["model_digest"], "w" * 64)
    assert stored.inputs.value == {"variables": {"name": "Ada"}}
    assert stored.messages == [{"role": "user", "content": "Greet Ada"}]
    assert stored.output.value == "Hello Ada"
    assert stored.parameters["temperature"] == 0.5
    assert stored.trace_id == run["trace_id"]
    await spans.flush()
    (span,) = await executions.spans(caller, stored.id)
    assert span.name == "chat scripted-1"
    assert span.attributes["gen_ai.usage.output_tokens"] == 3
    assert span.attributes["mcp_engine.execution.id"] == run["execution_id"]
    assert "Ada" not in str(span)
    assert stored.latency_first_token_ms is not None


async def test_a_stream_gives_the_text_as_it_comes_and_then_the_end(api: Api) -> None:
    await api.pushed("greet", "Hi")
    response = await api.run("greet", stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    got = events(response.text)
    assert [data["text"] for name, data in got if name == "delta"] == ["Hello", " ", "Ada"]
    assert [name for name, _ in got][-1] == "completed"
    assert got[-1][1]["output"] == "Hello Ada"


async def test_an_error_before_the_first_token_is_a_problem_document(
    api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hi")
    script.pieces, script.error = [], SlowDown("model.queue_full", "Busy.", retry_after_seconds=3)
    response = await api.run("greet", stream=True)
    assert (response.status_code, response.json()["code"], response.headers["Retry-After"]) == (
        429,
        "model.queue_full",
        "3",
    )
    stored = await last(executions, caller)
    assert (stored.status, stored.error_code) == ("failed", "model.queue_full")


async def test_an_error_in_the_middle_ends_the_stream_and_keeps_what_there_was(
    api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hi")
    script.error = ModelFailed("model.process_died", "The model process died.")
    got = events((await api.run("greet", stream=True)).text)
    assert (got[-1][0], got[-1][1]["code"]) == ("error", "model.process_died")
    stored = await last(executions, caller)
    assert (stored.status, stored.error_code, stored.output.value) == ("failed", "model.process_died", "Hello Ada")


async def test_a_closed_stream_is_a_cancelled_execution(
    prompts: PromptService, api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hi")
    script.hold = asyncio.Event()
    async with aclosing(prompts.run(caller, "default", "greet", RunPrompt())) as run:
        assert isinstance(await anext(run), RunDelta)
    assert script.closed
    stored = await last(executions, caller)
    assert (stored.status, stored.output.value) == ("cancelled", "Hello")


async def test_a_cancelled_request_is_a_cancelled_execution(
    api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hi")
    script.hold = asyncio.Event()
    request = asyncio.create_task(api.run("greet"))
    while not (await executions.list(caller, ExecutionFilter())).items or not script.messages:
        await asyncio.sleep(0.01)
    request.cancel()
    await asyncio.wait({request})
    assert script.closed
    assert (await last(executions, caller)).status == "cancelled"


async def test_output_that_fits_its_schema_comes_parsed(api: Api, script: Script) -> None:
    await api.pushed("count", "Count", output_schema=SCHEMA)
    script.pieces = ['{"n"', ": 3}"]
    run = (await api.run("count")).json()
    assert (run["value"], run["output"]) == ({"n": 3}, '{"n": 3}')
    assert script.arguments["response_schema"] == SCHEMA


@pytest.mark.parametrize(
    ("text", "finish_reason", "code"),
    [
        ("three", "stop", "prompt.output_invalid"),
        ('{"n": "3"}', "stop", "prompt.output_invalid"),
        ('{"n": NaN}', "stop", "prompt.output_invalid"),
        ("[" * 100_000, "stop", "prompt.output_invalid"),
        ("", "stop", "prompt.output_invalid"),
        ('{"n": 3', "length", "prompt.output_cut"),
    ],
)
async def test_output_that_does_not_fit_its_schema_is_a_failed_run(
    api: Api, script: Script, executions: ExecutionService, caller: Caller, text: str, finish_reason: str, code: str
) -> None:
    await api.pushed("count", "Count", output_schema=SCHEMA)
    script.pieces, script.finish_reason = [text], finish_reason
    response = await api.run("count")
    assert (response.status_code, response.json()["code"]) == (502, code)
    stored = await last(executions, caller)
    assert (stored.status, stored.error_code, stored.output.value) == ("failed", code, text)
    assert stored.finish_reason == finish_reason


async def test_text_that_reaches_max_tokens_is_an_answer(api: Api, script: Script) -> None:
    await api.pushed("greet", "Hi")
    script.finish_reason = "length"
    assert (await api.run("greet")).json()["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("request_body", "status", "code"),
    [
        ({"model": "nonsense"}, 404, "model.unknown"),
        ({"parameters": {"temperature": 9}}, 422, "model.parameters_invalid"),
        ({"parameters": {"fair_key": "x"}}, 422, "model.parameters_invalid"),
        ({"parameters": {"nonsense": 1}}, 422, "model.parameters_invalid"),
        ({"version": 9}, 404, "prompt.version_not_found"),
        ({"label": "production"}, 404, "prompt.label_not_found"),
    ],
)
async def test_what_can_not_begin_is_not_recorded(
    api: Api, executions: ExecutionService, caller: Caller, request_body: dict[str, Any], status: int, code: str
) -> None:
    await api.pushed("greet", "Hi")
    for stream in (False, True):
        response = await api.run("greet", **request_body, stream=stream)
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert (await executions.list(caller, ExecutionFilter())).items == []


async def test_a_label_runs_what_it_points_at_and_another_model_may_be_named(api: Api, script: Script) -> None:
    await api.push("greet", {"template": "one"}, labels=["production"])
    await api.pushed("greet", "two")
    run = (await api.run("greet", label="production", model="other/scripted-1")).json()
    assert (run["number"], run["model"]) == (1, "other/scripted-1")
    assert script.messages[0].content == "one"
