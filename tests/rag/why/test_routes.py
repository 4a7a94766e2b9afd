"""`POST /collections/{collection}/why`, and filters of searches and questions, over REST."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mcp_engine.access import Caller
from tests.conftest import caller_of, make_tenant
from tests.rag.conftest import Doorman, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

WHY = "/api/v1/collections/docs/why"
WHO = "Who built the lighthouse of Karsund?"
ASKED: dict[str, Any] = {"question": WHO, "document": "lighthouse.md"}


async def test_a_passage_is_explained(client: httpx.AsyncClient, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    why = (await client.post(WHY, json={**ASKED, "text": "built in 1874"})).json()
    assert [stage["stage"] for stage in why["stages"]] == ["filters", "candidates", "fusion", "sentences", "answer"]
    assert (why["dropped_at"], why["strategy"], why["version"]["document"]) == (None, "default/1", "lighthouse.md")
    assert LIGHTHOUSE[why["start"] : why["end"]] == why["text"]
    assert why["stages"][-1]["citations"] == [1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"document": ""},
        {"document": "a\x00"},
        {"text": ""},
        {"text": "x" * 1001},
        {"start": 1},
        {"start": 5, "end": 5},
        {"start": 1, "end": 5, "text": "x"},
        {"start": -1, "end": 5},
        {"filters": {"since": "soon"}},
        {"filters": {"since": "2026-02-02", "until": "2026-02-01"}},
        {"filters": {"names": ["a"]}},
    ],
)
async def test_a_request_that_says_nothing_clear_is_refused(client: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    response = await client.post(WHY, json={**ASKED, **wrong})
    assert (response.status_code, response.json()["code"]) == (422, "request.invalid")


async def test_the_scope_of_asking_is_required_and_other_tenants_see_nothing(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    doorman.caller = caller_of(caller.tenant_id, caller.principal_id, frozenset({"documents:read"}))
    assert (await client.post(WHY, json=ASKED)).status_code == 403
    doorman.caller = caller_of(caller.tenant_id, caller.principal_id, frozenset({"ask"}))
    assert (await client.post(WHY, json=ASKED)).status_code == 200
    doorman.caller = await make_tenant(workspace.database)
    assert (await client.post(WHY, json=ASKED)).json()["code"] == "collection.not_found"
    await workspace.add(doorman.caller, "bakery.md", BAKERY)
    for document in ("lighthouse.md", str(added.document.id)):
        response = await client.post(WHY, json={**ASKED, "document": document})
        assert (response.status_code, response.json()["code"]) == (404, "document.not_found")


async def test_filters_narrow_searches_and_questions_and_are_recorded(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY)
    search, filters = "/api/v1/collections/docs/search", {"documents": ["bak*"], "media_types": ["text/markdown"]}
    found = (await client.post(search, json={"query": WHO, "filters": filters})).json()["passages"]
    assert {passage["version"]["document"] for passage in found} == {"bakery.md"}
    assert (await client.post(search, json={"query": WHO, "filters": {"until": "2000-01-01"}})).json() == {
        "passages": []
    }
    body: dict[str, Any] = {"question": WHO, "collection": "docs"}
    answers = [(await client.post("/api/v1/ask", json={**body, "filters": one})).json() for one in (filters, {}, None)]
    assert [answer["refused"] for answer in answers] == [True, False, False]
    assert {passage["version"]["document"] for passage in answers[0]["passages"]} == {"bakery.md"}
    runs = [await workspace.executions.get(caller, answer["execution_id"]) for answer in answers]
    assert [run.inputs.value for run in runs] == [{**body, "filters": filters}, body, body]
    nothing = (await client.post("/api/v1/ask", json={**body, "filters": {"documents": ["none*"]}})).json()
    assert (nothing["refused"], nothing["reason"]) == (True, "No indexed document passes the filters.")
    for path, wrong in ((search, {"query": WHO}), ("/api/v1/ask", body)):
        response = await client.post(path, json={**wrong, "filters": {"since": "2026-13-01"}})
        assert (response.status_code, response.json()["code"]) == (422, "request.invalid")
