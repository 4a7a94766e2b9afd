"""Runs with an Idempotency-Key: repeats get the first outcome, and make nothing more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import TryLater
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.executions.service import ExecutionService
from tests.conftest import caller_of
from tests.mcp_engine.prompts.conftest import Api, Keys, Script

KEY = {"Idempotency-Key": '"7f3e-once"'}


async def run(api: Api, name: str, headers: dict[str, str] = KEY, **request: Any) -> httpx.Response:
    return await api.client.post(f"/prompts/{name}/run", json=request, headers=headers)


async def count(executions: ExecutionService, caller: Caller) -> int:
    return len((await executions.list(caller, ExecutionFilter())).items)


async def test_a_repeat_gets_the_first_outcome_and_runs_nothing(
    api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hello {{ name }}")
    first = await run(api, "greet", variables={"name": "Ada"})
    script.pieces = ["Something", " else"]
    second = await run(api, "greet", variables={"name": "Ada"})
    assert (second.status_code, second.json()) == (200, first.json())
    assert await count(executions, caller) == 1


async def test_the_order_and_spacing_of_the_members_make_no_other_request(api: Api) -> None:
    await api.pushed("greet", "Hello {{ name }}")
    headers = {**KEY, "Content-Type": "application/json"}
    bodies = ['{"variables": {"name": "Ada"}, "version": 1}', '{"version":1,\n"variables":{"name":"Ada"}}']
    answers = [await api.client.post("/prompts/greet/run", content=body, headers=headers) for body in bodies]
    assert answers[0].json() == answers[1].json()


async def test_a_repeat_may_stream_what_the_first_streamed(
    api: Api, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hello {{ name }}")
    request = {"variables": {"name": "Ada"}, "stream": True}
    one, two = [events(await run(api, "greet", **request)) for _ in range(2)]
    assert one[-1] == two[-1]
    assert "".join(data["text"] for name, data in two if name == "delta") == "Hello Ada"
    assert await count(executions, caller) == 1


def events(response: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block.split("\n") for block in response.text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


async def test_the_parsed_output_comes_again(api: Api, script: Script) -> None:
    script.pieces = ['{"n": 1}']
    await api.pushed("count", "Count", output_schema={"type": "object"})
    first, second = await run(api, "count"), await run(api, "count")
    assert first.json()["value"] == {"n": 1}
    assert second.json() == first.json()


@pytest.mark.parametrize("other", [{"variables": {"name": "Bob"}}, {"variables": {"name": "Ada"}, "version": 1}])
async def test_another_request_under_the_same_key_is_refused(api: Api, other: dict[str, Any]) -> None:
    await api.pushed("greet", "Hello {{ name }}")
    await run(api, "greet", variables={"name": "Ada"})
    refused = await run(api, "greet", **other)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency.other_request")


async def test_a_repeat_during_the_first_is_told_to_wait(api: Api, script: Script) -> None:
    await api.pushed("greet", "Hello")
    script.hold = asyncio.Event()
    first = asyncio.create_task(run(api, "greet"))
    while not script.messages:
        await asyncio.sleep(0.01)
    early = await run(api, "greet")
    assert (early.status_code, early.json()["code"]) == (409, "idempotency.still_running")
    assert int(early.headers["Retry-After"]) >= 1
    script.hold.set()
    assert (await first).json() == (await run(api, "greet")).json()


async def test_of_requests_that_come_at_once_one_runs(api: Api, executions: ExecutionService, caller: Caller) -> None:
    await api.pushed("greet", "Hello")
    answers = await asyncio.gather(*(run(api, "greet") for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["execution_id"] for answer in answers if answer.status_code == 200}) == 1
    assert await count(executions, caller) == 1


async def test_a_run_that_failed_is_no_outcome(
    api: Api, script: Script, executions: ExecutionService, caller: Caller
) -> None:
    await api.pushed("greet", "Hello")
    script.error = TryLater("model.busy", "Busy.", retry_after_seconds=1)
    assert (await run(api, "greet")).status_code == 503
    script.error = None
    assert (await run(api, "greet")).json()["output"] == "Hello Ada"
    assert await count(executions, caller) == 2


async def test_a_request_that_is_refused_leaves_its_key_free(api: Api) -> None:
    await api.pushed("greet", "Hello {{ name }}")
    assert (await run(api, "greet")).json()["code"] == "prompt.variable_missing"
    assert (await run(api, "greet", variables={"name": "Ada"})).status_code == 200


async def test_an_outcome_that_was_erased_does_not_come_back(
    api: Api, executions: ExecutionService, caller: Caller, database: Database
) -> None:
    await api.pushed("greet", "Hello {{ name }}")
    first = await run(api, "greet", variables={"name": "Ada"})
    await executions.erase_content(caller, first.json()["execution_id"], "asked for")
    second = await run(api, "greet", variables={"name": "Ada"})
    assert (second.status_code, second.json()["code"]) == (410, "execution.content_erased")
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        kept = (await work.session.execute(text("SELECT idempotency_key::text FROM idempotency_key"))).scalars().all()
    assert kept
    assert not any("Ada" in row or "7f3e-once" in row for row in kept)


async def test_a_key_is_its_principals_own_and_lasts_a_day(
    api: Api, keys: Keys, caller: Caller, database: Database
) -> None:
    await api.pushed("greet", "Hello")
    first = (await run(api, "greet")).json()["execution_id"]
    colleague = caller_of(caller.tenant_id, caller.tenant_id)
    keys.callers["colleague"] = colleague
    other = await run(api, "greet", headers={**KEY, "Authorization": "Bearer colleague"})
    assert other.json()["execution_id"] != first
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await work.session.execute(text("UPDATE idempotency_key SET created_at = now() - interval '25 hours'"))
    assert (await run(api, "greet")).json()["execution_id"] != first
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert (await work.session.execute(text("SELECT count(*) FROM idempotency_key"))).scalar_one() == 1


@pytest.mark.parametrize("key", ['""', '"unclosed', "two words", '"é"', f'"{"x" * 256}"', "a,b"])
async def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    await api.pushed("greet", "Hello")
    refused = await api.client.post("/prompts/greet/run", json={}, headers=[("Idempotency-Key", key.encode("latin-1"))])
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency.bad_key")


async def test_a_key_may_come_without_quotes(api: Api) -> None:
    await api.pushed("greet", "Hello")
    first = await run(api, "greet", headers={"Idempotency-Key": "7f3e-once"})
    assert (await run(api, "greet")).json() == first.json()
