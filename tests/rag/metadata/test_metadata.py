"""Metadata of documents over REST: given, kept, replaced, refused, erased; and what the log says of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.identifiers import new_id
from tests.conftest import caller_of, make_tenant
from tests.rag.conftest import Doorman, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

FIRST = {"team": "ops", "year": 2024, "share": 0.5, "draft": False}


async def add(client: httpx.AsyncClient, said: Any = None, content: str = LIGHTHOUSE) -> httpx.Response:
    data = {} if said is None else {"metadata": said if isinstance(said, str) else json.dumps(said)}
    file = ("plan.md", content.encode(), "text/markdown")
    return await client.post("/api/v1/collections/docs/documents", files={"file": file}, data=data)


def path_of(added: httpx.Response) -> str:
    return f"/api/v1/documents/{added.json()['document']['id']}/metadata"


async def facts(workspace: Workspace, caller: Caller) -> list[dict[str, Any]]:
    """Return what the log says of changes, first to last."""
    query = "SELECT facts FROM audit_entry WHERE kind = 'document.metadata_changed' ORDER BY id"
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return list((await work.session.execute(text(query))).scalars())


async def test_it_comes_with_the_document_and_stays_until_it_is_given_anew(client: httpx.AsyncClient) -> None:
    added = await add(client, FIRST)
    assert added.status_code == 202, added.text
    assert added.json()["document"]["metadata"] == FIRST
    assert (await add(client, content=BAKERY)).json()["document"]["metadata"] == FIRST
    again = (await add(client, {"team": "dev"}, content=BAKERY)).json()
    assert (again["outcome"], again["document"]["metadata"]) == ("unchanged", {"team": "dev"})
    [listed] = (await client.get("/api/v1/collections/docs/documents")).json()["items"]
    assert listed["metadata"] == {"team": "dev"}
    assert (await add(client, {})).json()["document"]["metadata"] == {}


async def test_it_is_replaced_as_a_whole(client: httpx.AsyncClient) -> None:
    added = await add(client, FIRST)
    path, wanted = path_of(added), {"year": 2025, "na": "ü\n"}
    assert (await client.put(path, json=wanted)).json() == wanted
    assert (await client.get(path)).json() == wanted
    assert (await client.get(path.removesuffix("/metadata"))).json()["metadata"] == wanted
    assert (await client.put(path, json={})).json() == {}
    assert (await client.get(path)).json() == {}


async def test_the_log_names_keys_and_no_values(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    path = path_of(await add(client, {"author": "Ada Merrow", "year": 1874, "draft": True}))
    for wanted in ({"author": "Ingrid Solberg", "year": 1874.0, "draft": True}, {"year": 1874, "draft": 1, "new": ""}):
        for _ in range(2):
            assert (await client.put(path, json=wanted)).status_code == 200
    assert await facts(workspace, caller) == [
        {"set": ["author", "draft", "year"], "removed": []},
        {"set": ["author"], "removed": []},
        {"set": ["draft", "new"], "removed": ["author"]},
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"": 1}, "a key has 1 to 64 letters"),
        ({"a b": 1}, "a key has 1 to 64 letters"),
        ({"1a": 1}, "a key has 1 to 64 letters"),
        ({"a" * 65: 1}, "a key has 1 to 64 letters"),
        ({"a\n": 1}, "a key has 1 to 64 letters"),
        ({"a": None}, "a value is text of at most 512 characters"),
        ({"a": ["b"]}, "a value is text"),
        ({"a": {"b": 1}}, "a value is text"),
        ({"a": "x" * 513}, "a value is text"),
        ({"a": "x\x00"}, "a value is text"),
        ({"a": 2**53}, "a value is text"),
        ({"a": 1e300}, "a value is text"),
        ({f"k{number}": 1 for number in range(33)}, "at most 32"),
        ([], "object"),
    ],
)
async def test_what_can_not_be_is_refused_and_changes_nothing(client: httpx.AsyncClient, wrong: Any, said: str) -> None:
    added = await add(client, FIRST)
    refused = await client.put(path_of(added), json=wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")
    assert said in refused.text
    uploaded = await add(client, wrong, content=BAKERY)
    assert (uploaded.status_code, uploaded.json()["code"]) == (422, "metadata.invalid")
    assert said in uploaded.text
    shown = (await client.get(path_of(added).removesuffix("/metadata"))).json()
    assert (shown["metadata"], shown["latest"]["number"]) == (FIRST, 1)


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"{"])
async def test_json_that_no_database_takes_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    added = await add(client)
    refused = await client.put(path_of(added), content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422, refused.text
    assert (await add(client, body.decode())).json()["code"] == "metadata.invalid"


async def test_values_at_the_limits_come_back_as_they_are(client: httpx.AsyncClient) -> None:
    wanted = {"k" * 64: "\U0001f9ed" * 512, "_": 2**53 - 1, "a.b-c": -0.1, "tiny": 5e-324, "empty": "", "yes": True}
    path = path_of(await add(client, wanted | {f"n{number}": number for number in range(26)}))
    found = (await client.get(path)).json()
    assert {key: found[key] for key in wanted} == wanted
    assert len(found) == 32


async def test_scopes_and_tenants(client: httpx.AsyncClient, workspace: Workspace, doorman: Doorman) -> None:
    added, owner = await add(client, FIRST), doorman.caller
    path = path_of(added)
    doorman.caller = caller_of(owner.tenant_id, owner.principal_id, frozenset({"documents:read"}))
    assert (await client.put(path, json={})).status_code == 403
    assert (await client.get(path)).json() == FIRST
    doorman.caller = caller_of(owner.tenant_id, owner.principal_id, frozenset({"documents:write"}))
    assert (await client.get(path)).status_code == 403
    doorman.caller = await make_tenant(workspace.database)
    for response in (await client.get(path), await client.put(path, json={"mine": True})):
        assert (response.status_code, response.json()["code"]) == (404, "document.not_found")
    doorman.caller = owner
    assert (await client.get(path)).json() == FIRST
    assert (await client.get(f"/api/v1/documents/{new_id()}/metadata")).status_code == 404


async def test_erasing_a_document_erases_it_for_good(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    added = await add(client, {"author": "Ada Merrow"})
    path, document_id = path_of(added), UUID(added.json()["document"]["id"])
    await workspace.documents.erase(caller, document_id, "asked for by its author")
    assert (await client.get(path)).json() == {}
    refused = await client.put(path, json={"author": "Ada Merrow"})
    assert (refused.status_code, refused.json()["code"]) == (410, "content.erased")
    assert (await facts(workspace, caller))[-1] == {"set": [], "removed": ["author"]}
    # A document that comes back begins anew.
    assert (await add(client, content=BAKERY)).json()["document"]["metadata"] == {}
    assert (await client.put(path, json={"year": 1})).status_code == 200
