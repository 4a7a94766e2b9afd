"""What a strategy would do before it is pushed: over REST, on real documents, and nothing is recorded."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mcp_engine.access import Caller
from mcp_engine.executions.schemas import ExecutionFilter
from tests.conftest import caller_of, make_tenant
from tests.rag.conftest import Doorman, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

CHUNKS, ANSWER = "/api/v1/collections/docs/preview/chunks", "/api/v1/collections/docs/preview/answer"
WHO = "Who built the lighthouse of Karsund?"
MANUAL = "# Manual\n\nHow the tower is kept.\n\n" + "".join(
    f"## Step {step}\n\n" + "The keeper climbs the stair and looks at the lamp. " * 8 + "\n\n" for step in range(1, 9)
)


@pytest.mark.parametrize(
    "chunking",
    [
        {},
        {"max_characters": 300},
        {"kind": "structure", "max_characters": 600},
        {"kind": "semantic", "max_characters": 600},
        {"kind": "parent_child", "child_characters": 200},
        {"kind": "sentence_window", "window_sentences": 3, "window_step": 1},
    ],
)
async def test_chunks_are_those_that_indexing_would_make(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, chunking: dict[str, Any]
) -> None:
    added = await workspace.add(caller, "manual.md", MANUAL)
    asked = {"document_id": str(added.document.id), "chunking": chunking, "limit": 200}
    seen = (await client.post(CHUNKS, json=asked)).json()
    assert seen["chunks"] == len(seen["items"]) > 1
    assert [one["ordinal"] for one in seen["items"]] == list(range(seen["chunks"]))
    for one in seen["items"]:
        assert MANUAL[one["start"] : one["end"]] == one["text"]
    lengths = sorted(one["end"] - one["start"] for one in seen["items"])
    assert (seen["shortest"], seen["longest"]) == (lengths[0], lengths[-1])
    assert seen["shortest"] <= seen["median"] <= seen["longest"] <= chunking.get("max_characters", 1000)
    part = (await client.post(CHUNKS, json={**asked, "first": 1, "limit": 1})).json()
    assert part["items"] == seen["items"][1:2]
    if not chunking:
        async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id):
            opened = await workspace.documents.get(caller, added.document.id)
        assert opened.latest.chunks == seen["chunks"]


async def test_headings_stand_before_what_the_embedder_reads(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    added = await workspace.add(caller, "manual.md", MANUAL)
    chunking = {"kind": "structure", "max_characters": 600, "contextual_headers": True}
    asked = {"document_id": str(added.document.id), "chunking": chunking}
    headers = [one["header"] for one in (await client.post(CHUNKS, json=asked)).json()["items"]]
    assert any("Manual" in header for header in headers)


async def test_a_strategy_answers_before_it_is_pushed(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY)
    seen = (await client.post(ANSWER, json={"question": WHO})).json()
    said = await workspace.asking.answer(caller, "default", "docs", WHO)
    before = await workspace.executions.count(caller, ExecutionFilter(kind="ask"))
    assert not seen["refused"]
    assert [one["text"] for one in seen["sentences"]] == [one.cited_text for one in said.citations]
    assert seen["confidence"] == said.confidence
    assert seen["passages"] == [one.model_dump(mode="json") for one in said.passages]
    strict = {"answering": {"threshold": 1}, "retrieval": {"passages": 1}}
    refused = (await client.post(ANSWER, json={"question": WHO, "strategy": strict})).json()
    assert (refused["refused"], refused["reason_code"], len(refused["passages"])) == (True, "unsupported", 1)
    only = {"question": WHO, "filters": {"documents": ["bakery*"]}}
    assert {one["version"]["document"] for one in (await client.post(ANSWER, json=only)).json()["passages"]} == {
        "bakery.md"
    }
    nothing = (await client.post(ANSWER, json={"question": WHO, "filters": {"documents": ["x"]}})).json()
    assert (nothing["refused"], nothing["reason_code"], nothing["passages"]) == (True, "filtered", [])
    assert await workspace.executions.count(caller, ExecutionFilter(kind="ask")) == before


@pytest.mark.slow
async def test_what_cannot_be_cut_says_why(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.preview.service.MAX_COMPARED_CHARACTERS", 2_000)
    long = await workspace.add(caller, "long.txt", "The lamp is lit at dusk. " * 90)
    semantic = {"document_id": str(long.document.id), "chunking": {"kind": "semantic"}}
    refused = await client.post(CHUNKS, json=semantic)
    assert (refused.status_code, refused.json()["code"]) == (413, "preview.too_large")
    waiting = await workspace.documents.add(caller, "default", "docs", "later.md", b"Not yet indexed.")
    response = await client.post(CHUNKS, json={"document_id": str(waiting.document.id)})
    assert (response.status_code, response.json()["code"]) == (404, "document.not_indexed")
    wrong = {"document_id": str(long.document.id), "chunking": {"kind": "semantic", "child_characters": 150}}
    assert (await client.post(CHUNKS, json=wrong)).status_code == 422


async def test_scopes_are_required_and_other_tenants_see_nothing(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    cut, asked = {"document_id": str(added.document.id)}, {"question": WHO}
    doorman.caller = caller_of(caller.tenant_id, caller.principal_id, frozenset({"documents:read"}))
    assert (await client.post(ANSWER, json=asked)).status_code == 403
    assert (await client.post(CHUNKS, json=cut)).status_code == 200
    doorman.caller = caller_of(caller.tenant_id, caller.principal_id, frozenset({"ask"}))
    assert (await client.post(CHUNKS, json=cut)).status_code == 403
    doorman.caller = await make_tenant(workspace.database)
    assert (await client.post(CHUNKS, json=cut)).json()["code"] == "collection.not_found"
    await workspace.add(doorman.caller, "bakery.md", BAKERY)
    assert (await client.post(CHUNKS, json=cut)).json()["code"] == "document.not_found"
    assert (await client.post(ANSWER, json=asked)).json()["passages"][0]["version"]["document"] == "bakery.md"
