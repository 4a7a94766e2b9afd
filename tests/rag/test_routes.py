"""REST of documents and questions."""

from __future__ import annotations

import json

import httpx

from mcp_engine.access import Caller
from mcp_engine.http.paging import encode_cursor
from tests.conftest import caller_of, make_tenant
from tests.rag.conftest import MAX_UPLOAD_BYTES, Doorman, Workspace
from tests.rag.corpus import LIGHTHOUSE, UNICODE

DOCUMENTS = "/api/v1/collections/docs/documents"


def upload(content: bytes, name: str = "lighthouse.md") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content)}


async def test_add_list_search_ask_and_open(client: httpx.AsyncClient, workspace: Workspace, caller: Caller) -> None:
    added = await client.post(DOCUMENTS, files=upload(UNICODE.encode(), "ünïcode.md"), data={"name": "a/ünïcode.md"})
    assert added.status_code == 202
    document = added.json()["document"]
    assert (document["name"], added.json()["outcome"]) == ("a/ünïcode.md", "added")
    await workspace.index(caller, document["latest"]["id"])
    assert (await client.get("/api/v1/collections")).json()["items"][0]["documents"] == 1
    listed = (await client.get(DOCUMENTS)).json()
    assert listed["items"][0]["latest"]["state"] == "indexed"
    passages = (await client.post("/api/v1/collections/docs/search", json={"query": "café"})).json()["passages"]
    assert passages[0]["version"]["document_id"] == document["id"]
    body = {"question": "Who opened the cosmonaut café in Ålesund?", "collection": "docs"}
    answer = (await client.post("/api/v1/ask", json=body)).json()
    assert "Wójcik" in answer["text"]
    cited = answer["citations"][0]
    place = f"/api/v1/documents/{document['id']}/versions/{cited['version']['number']}"
    opened = await client.get(f"{place}/text", params={"start": cited["start"], "end": cited["end"]})
    assert opened.json()["text"] == cited["cited_text"] == UNICODE[cited["start"] : cited["end"]]
    original = await client.get(f"{place}/original")
    assert original.content == UNICODE.encode()
    assert original.headers["content-disposition"].startswith("attachment")
    assert (await client.delete(f"/api/v1/documents/{document['id']}")).json()["removed"] is True
    assert (await client.get(f"/api/v1/documents/{document['id']}")).json()["versions"][0]["number"] == 1


async def test_a_stream_carries_the_events(client: httpx.AsyncClient, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    body = {"question": "Who built the lighthouse of Karsund?", "collection": "docs", "stream": True}
    streamed = await client.post("/api/v1/ask", json=body)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    names = [line[7:] for line in streamed.text.splitlines() if line.startswith("event: ")]
    assert (names[0], names[-1]) == ("retrieval", "completed")
    last = json.loads(streamed.text.splitlines()[-2][6:])
    assert "Ingrid Solberg" in last["text"]


async def test_bad_input_is_a_problem_with_a_code(client: httpx.AsyncClient) -> None:
    question = {"question": "x" * 100_000, "collection": "docs"}
    for response, status, code in (
        (await client.post("/api/v1/ask", json=question), 413, "ask.question_too_long"),
        (await client.post("/api/v1/ask", json={**question, "stream": True}), 413, "ask.question_too_long"),
        (await client.post(DOCUMENTS, files=upload(b"x" * (MAX_UPLOAD_BYTES + 1))), 413, "document.too_large"),
        (await client.post(DOCUMENTS, files=upload(b"")), 422, "document.empty"),
        (await client.post(DOCUMENTS, files=upload(b"x"), data={"name": "../x"}), 422, "document.name_invalid"),
        (await client.post(DOCUMENTS, files=upload(b"x"), params={"namespace": "nope"}), 404, "namespace.not_found"),
        (await client.get("/api/v1/collections/nope/documents"), 404, "collection.not_found"),
        (await client.get("/api/v1/collections/a%00b/documents"), 422, "name.invalid"),
        (await client.get("/api/v1/collections", params={"cursor": encode_cursor("a\x00")}), 422, "paging.bad_cursor"),
    ):
        assert (response.status_code, response.json()["code"]) == (status, code)


async def test_scopes_are_required_and_other_tenants_see_nothing(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    added = await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    document = f"/api/v1/documents/{added.document.id}"
    calls = [
        ("GET", "/api/v1/collections", None),
        ("GET", DOCUMENTS, None),
        ("GET", document, None),
        ("DELETE", document, None),
        ("GET", f"{document}/versions/1/text", None),
        ("GET", f"{document}/versions/1/original", None),
        ("POST", "/api/v1/collections/docs/search", {"query": "lamp"}),
        ("POST", "/api/v1/ask", {"question": "Who?", "collection": "docs"}),
    ]
    doorman.caller = caller_of(caller.tenant_id, caller.principal_id, frozenset())
    assert {(await client.request(method, path, json=body)).status_code for method, path, body in calls} == {403}
    assert (await client.post(DOCUMENTS, files=upload(b"x"))).status_code == 403
    doorman.caller = await make_tenant(workspace.database)
    assert {(await client.request(method, path, json=body)).status_code for method, path, body in calls[1:]} == {404}
