"""Executions over REST: scopes, isolation, filters, spans, erasure."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from mcp_engine.access import Caller
from mcp_engine.canonical import commitment
from mcp_engine.database.engine import Database
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.telemetry.context import bind_tenant
from mcp_engine.telemetry.store import SpanStore
from mcp_engine.telemetry.tracing import span, tracer
from tests.conftest import caller_of, make_tenant
from tests.mcp_engine.executions.conftest import Keys, bearer

START = StartExecution(namespace="default", kind="ask", inputs={"question": "Why?"})
OWNER = bearer("owner")


async def test_an_execution_is_shown_with_the_spans_of_its_trace(
    client: httpx.AsyncClient, executions: ExecutionService, store: SpanStore, caller: Caller
) -> None:
    with bind_tenant(caller.tenant_id), span(tracer(__name__), "ask"):
        running = await executions.start(caller, START)
        with span(tracer(__name__), "chat m"):
            pass
        await running.finish(Outcome(output={"answer": "Because."}, finish_reason="stop"))
    await store.flush()
    shown = (await client.get(f"/executions/{running.id}", headers=OWNER)).json()
    assert shown["trace_id"] == running.trace_id
    assert shown["output"]["value"] == {"answer": "Because."}
    assert [one["name"] for one in shown["spans"]] == ["ask", "chat m"]
    assert shown["spans"][0]["attributes"]["mcp_engine.execution.id"] == str(running.id)
    spans = (await client.get(f"/executions/{running.id}/spans", headers=OWNER)).json()
    assert spans["spans"] == shown["spans"]


async def test_the_list_takes_filters_and_cursors(
    client: httpx.AsyncClient, executions: ExecutionService, caller: Caller
) -> None:
    ids = []
    for _ in range(3):
        running = await executions.start(caller, START)
        await running.cancel()
        ids.append(str(running.id))
    first = (await client.get("/executions", params={"limit": 2, "status": "cancelled"}, headers=OWNER)).json()
    rest = (await client.get("/executions", params={"cursor": first["next_cursor"]}, headers=OWNER)).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids[::-1]
    nothing = (await client.get("/executions", params={"since": "2999-01-01T00:00:00Z"}, headers=OWNER)).json()
    assert nothing == {"items": [], "next_cursor": None}
    counted = (await client.get("/executions/count", params={"status": "cancelled"}, headers=OWNER)).json()
    assert counted == {"count": 3, "at_least": False}
    odd = await client.get("/executions", params={"text": "\x00'%\\"}, headers=OWNER)
    assert odd.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query",
    [
        {"status": "odd"},
        {"cursor": "odd"},
        {"since": "yesterday"},
        {"until": "2026-01-01T00:00:00"},
        {"limit": "0"},
        {"min_latency_ms": "-1"},
        {"artifact_name": "a\x00b"},
        {"version": "0"},
        {"actor": "somebody"},
        {"text": ""},
    ],
)
async def test_a_query_that_means_nothing_is_refused(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get("/executions", params=query, headers=OWNER)).status_code == 422


async def test_content_is_erased_once_with_a_reason(
    client: httpx.AsyncClient, executions: ExecutionService, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    await running.finish(Outcome(output="Because."))
    path = f"/executions/{running.id}/content"
    assert (await client.delete(path, headers=OWNER)).status_code == 422
    answer = await client.delete(path, params={"reason": "asked to"}, headers=OWNER)
    assert set(answer.json()["erasure_ids"]) == {"execution_inputs", "execution_output"}
    assert (await client.delete(path, params={"reason": "asked to"}, headers=OWNER)).status_code == 410
    shown = (await client.get(f"/executions/{running.id}", headers=OWNER)).json()
    assert (shown["inputs"]["state"], shown["inputs"]["value"]) == ("erased", None)


async def test_openings_open_the_commitments_until_the_content_is_erased(
    client: httpx.AsyncClient, executions: ExecutionService, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    path = f"/executions/{running.id}/openings"
    before = (await client.get(path, headers=OWNER)).json()
    assert (before["inputs"]["value"], before["output"]) == ({"inputs": START.inputs, "messages": None}, None)
    await running.finish(Outcome(output={"answer": "Because.", "n": [1e20, 0.1, -0.0]}))
    shown = (await client.get(f"/executions/{running.id}", headers=OWNER)).json()
    opened = (await client.get(path, headers=OWNER)).json()
    assert opened["output"]["value"]["n"] == [1e20, 0.1, 0]
    for name in ("inputs", "output"):
        assert opened[name]["erased"] is False
        assert opened[name]["commitment"] == shown[name]["commitment"]
    assert (
        commitment(bytes.fromhex(opened["inputs"]["salt"]), opened["inputs"]["value"])
        == (opened["inputs"]["commitment"])
    )
    await executions.erase_content(caller, running.id, "asked to")
    erased = (await client.get(path, headers=OWNER)).json()
    for name in ("inputs", "output"):
        assert erased[name] == {
            "commitment": shown[name]["commitment"], "erased": True, "value": None, "salt": None,
        }  # fmt: skip


async def test_each_route_wants_a_key_its_scope_and_the_right_tenant(
    client: httpx.AsyncClient, executions: ExecutionService, database: Database, caller: Caller, keys: Keys
) -> None:
    running = await executions.start(caller, START)
    await running.cancel()
    keys.callers["other"] = await make_tenant(database)
    keys.callers["reader"] = caller_of(caller.tenant_id, caller.principal_id, frozenset({"executions:read"}))
    keys.callers["writer"] = caller_of(caller.tenant_id, caller.principal_id, frozenset({"executions:write"}))
    one = f"/executions/{running.id}"
    routes = [("GET", "/executions"), ("GET", one), ("GET", f"{one}/spans")]
    routes += [("GET", f"{one}/openings"), ("DELETE", f"{one}/content?reason=x")]
    for method, path in routes:
        wrong = "reader" if method == "DELETE" else "writer"
        assert (await client.request(method, path)).status_code == 401
        assert (await client.request(method, path, headers=bearer(wrong))).status_code == 403
        answer = await client.request(method, path, headers=bearer("other"))
        if path == "/executions":
            assert answer.json()["items"] == []
        else:
            assert answer.status_code == 404
            assert answer.json()["code"] == "execution.not_found"
    assert (await client.get(f"/executions/{uuid4()}", headers=OWNER)).status_code == 404
    assert (await client.get("/executions/not-an-id", headers=OWNER)).status_code == 422
