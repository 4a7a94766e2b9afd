"""Identity over REST: who may do what, what other tenants see (nothing), and what the log keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.identity.service import IdentityService, OwnerKey
from tests.mcp_engine.identity.conftest import Clock, bearer, new_owner


async def make_principal(api: httpx.AsyncClient, role: str = "editor", kind: str = "person") -> dict[str, Any]:
    response = await api.post("/principals", json={"kind": kind, "name": new_id().hex, "role": role})
    assert response.status_code == 201, response.text
    return response.json()


async def make_key(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await api.post("/keys", json={"name": "a key", **fields})
    assert response.status_code == 201, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return response.json()


async def key_of_role(api: httpx.AsyncClient, role: str, **fields: Any) -> str:
    principal = await make_principal(api, role)
    return (await make_key(api, principal_id=principal["id"], **fields))["api_key"]


def code_of(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


async def test_anonymous_callers_are_asked_for_a_bearer_credential(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.get("/me")
    assert code_of(response) == (401, "access.no_credential")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    other_scheme = await anonymous.get("/me", headers={"Authorization": "Basic dXNlcjpwYXNz"})
    assert code_of(other_scheme) == (401, "access.no_credential")


@pytest.mark.parametrize(
    "credential", ["nonsense", "mce_x", "mcr_x", "a.b.c", "mce_" + "A" * 43 + "_" + "A" * 43, "é" * 91]
)
async def test_garbage_gets_one_answer(anonymous: httpx.AsyncClient, credential: str) -> None:
    response = await anonymous.get("/me", headers={"Authorization": f"Bearer {credential}".encode()})
    assert code_of(response) == (401, "access.invalid_credential")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert credential not in response.text


async def test_me_shows_the_owner_every_scope_but_running_the_instance(api: httpx.AsyncClient, owner: OwnerKey) -> None:
    me = (await api.get("/me")).json()
    assert me["tenant"]["id"] == str(owner.tenant_id)
    assert me["principal"]["role"] == "owner"
    assert {"identity:write", "providers:write", "ask", "documents:write"} <= set(me["scopes"])
    assert "instance:operate" not in me["scopes"]


async def test_only_operators_make_tenants(api: httpx.AsyncClient) -> None:
    assert code_of(await api.post("/tenants", json={"name": "another"})) == (403, "access.scope_missing")


async def test_a_narrow_key_of_an_owner_can_do_no_more_than_its_scopes(api: httpx.AsyncClient) -> None:
    key = await make_key(api, scopes=["identity:read"])
    assert (await api.get("/keys", headers=bearer(key["api_key"]))).status_code == 200
    refused = await api.post("/keys", json={"name": "x"}, headers=bearer(key["api_key"]))
    assert code_of(refused) == (403, "access.scope_missing")
    assert refused.json()["required_scope"] == "identity:write"


async def test_a_caller_gives_no_scope_that_it_lacks(api: httpx.AsyncClient) -> None:
    administrator = bearer((await make_key(api, scopes=["identity:read", "identity:write"]))["api_key"])
    response = await api.post("/keys", json={"name": "x", "scopes": ["prompts:write"]}, headers=administrator)
    assert code_of(response) == (403, "access.grant_exceeds_own")
    assert response.json()["missing_scopes"] == ["prompts:write"]
    everything = await api.post("/keys", json={"name": "x"}, headers=administrator)
    assert code_of(everything) == (403, "access.grant_exceeds_own")
    principal = await api.post(
        "/principals", json={"kind": "person", "name": "x", "role": "owner"}, headers=administrator
    )
    assert code_of(principal) == (403, "access.grant_exceeds_own")
    own = await api.post("/keys", json={"name": "x", "scopes": ["identity:read"]}, headers=administrator)
    assert own.status_code == 201


async def test_a_caller_raises_nobody_above_itself(api: httpx.AsyncClient) -> None:
    viewer = await make_principal(api, "viewer")
    administrator = bearer((await make_key(api, scopes=["identity:read", "identity:write"]))["api_key"])
    raised = await api.patch(f"/principals/{viewer['id']}", json={"role": "owner"}, headers=administrator)
    assert code_of(raised) == (403, "access.grant_exceeds_own")


async def test_a_key_asks_for_scopes_that_exist_and_that_the_role_holds(api: httpx.AsyncClient) -> None:
    viewer = await make_principal(api, "viewer")
    unknown = await api.post("/keys", json={"name": "x", "scopes": ["prompts:frobnicate"]})
    assert code_of(unknown) == (422, "key.unknown_scope")
    assert "prompts:write" in unknown.json()["detail"]
    outside = await api.post("/keys", json={"name": "x", "scopes": ["prompts:write"], "principal_id": viewer["id"]})
    assert code_of(outside) == (422, "key.scope_outside_role")


async def test_the_key_is_shown_once(api: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    made = await make_key(api)
    listed = (await api.get("/keys")).json()["items"]
    row = next(item for item in listed if item["id"] == made["id"])
    assert "api_key" not in row
    assert "secret" not in str(row)
    assert (await anonymous.get("/me", headers=bearer(made["api_key"]))).status_code == 200


async def test_a_revoked_key_stops_at_once(api: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    made = await make_key(api)
    headers = bearer(made["api_key"])
    assert (await anonymous.get("/me", headers=headers)).status_code == 200
    assert (await api.delete(f"/keys/{made['id']}")).status_code == 204
    assert (await api.delete(f"/keys/{made['id']}")).status_code == 204
    assert code_of(await anonymous.get("/me", headers=headers)) == (401, "access.invalid_credential")


async def test_expired_revoked_and_unknown_keys_get_the_same_answer(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient, clock: Clock
) -> None:
    expiring = await make_key(api, expires_at=(clock.now + timedelta(hours=1)).isoformat())
    revoked = await make_key(api)
    await api.delete(f"/keys/{revoked['id']}")
    wrong_secret = revoked["api_key"][:-43] + expiring["api_key"][-43:]
    assert (await anonymous.get("/me", headers=bearer(expiring["api_key"]))).status_code == 200
    clock.advance(3600)
    answers = [
        (await anonymous.get("/me", headers=bearer(key))).text
        for key in (expiring["api_key"], revoked["api_key"], wrong_secret)
    ]
    assert len(set(answers)) == 1
    assert "access.invalid_credential" in answers[0]


async def test_a_key_can_not_be_born_expired_or_without_time_zone(api: httpx.AsyncClient, clock: Clock) -> None:
    past = (clock.now - timedelta(seconds=1)).isoformat()
    assert code_of(await api.post("/keys", json={"name": "x", "expires_at": past})) == (
        422,
        "key.expires_in_the_past",
    )
    naive = await api.post("/keys", json={"name": "x", "expires_at": "2099-01-01T00:00:00"})
    assert code_of(naive) == (422, "request.invalid")


@pytest.mark.parametrize("name", ["", "a\x00b", "line\nbreak", "x" * 129, "\ud800"])
async def test_names_that_can_not_be_stored_or_shown_are_refused(api: httpx.AsyncClient, name: str) -> None:
    import json

    body = json.dumps({"name": name, "kind": "person", "role": "viewer"}).encode()
    response = await api.post("/principals", content=body, headers={"Content-Type": "application/json"})
    assert code_of(response) == (422, "request.invalid")


async def test_names_in_any_script_are_welcome(api: httpx.AsyncClient) -> None:
    name = f"Zoë 李 🦊 {new_id().hex}"
    response = await api.post("/principals", json={"name": name, "kind": "person", "role": "viewer"})
    assert response.json()["name"] == name


async def test_a_disabled_principal_is_out_until_enabled_again(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    principal = await make_principal(api)
    headers = bearer((await make_key(api, principal_id=principal["id"]))["api_key"])
    assert (await anonymous.get("/me", headers=headers)).status_code == 200
    disabled = await api.patch(f"/principals/{principal['id']}", json={"disabled": True})
    assert disabled.json()["disabled_at"] is not None
    assert code_of(await anonymous.get("/me", headers=headers)) == (401, "access.invalid_credential")
    refused = await api.post("/keys", json={"name": "x", "principal_id": principal["id"]})
    assert code_of(refused) == (409, "principal.disabled")
    enabled = await api.patch(f"/principals/{principal['id']}", json={"disabled": False})
    assert enabled.json()["disabled_at"] is None
    assert (await anonymous.get("/me", headers=headers)).status_code == 200


async def test_a_changed_role_reaches_existing_keys_at_once(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    principal = await make_principal(api, "editor")
    key = await make_key(api, principal_id=principal["id"], scopes=["prompts:write", "prompts:read"])
    headers = bearer(key["api_key"])
    assert (await anonymous.get("/me", headers=headers)).json()["scopes"] == ["prompts:read", "prompts:write"]
    changed = await api.patch(f"/principals/{principal['id']}", json={"role": "viewer"})
    assert changed.json()["role"] == "viewer"
    assert (await anonymous.get("/me", headers=headers)).json()["scopes"] == ["prompts:read"]


async def test_the_last_owner_stays(api: httpx.AsyncClient, owner: OwnerKey) -> None:
    path = f"/principals/{owner.principal_id}"
    assert code_of(await api.patch(path, json={"disabled": True})) == (409, "principal.last_owner")
    assert code_of(await api.patch(path, json={"role": "viewer"})) == (409, "principal.last_owner")
    await make_principal(api, "owner")
    assert (await api.patch(path, json={"role": "viewer"})).status_code == 200


async def test_a_change_that_changes_nothing_is_refused_or_harmless(api: httpx.AsyncClient) -> None:
    principal = await make_principal(api)
    path = f"/principals/{principal['id']}"
    assert code_of(await api.patch(path, json={})) == (422, "request.invalid")
    assert code_of(await api.patch(path, json={"roll": "viewer"})) == (422, "request.invalid")
    assert (await api.patch(path, json={"role": "editor"})).json() == principal


async def test_another_tenants_objects_do_not_exist(
    api: httpx.AsyncClient, identity: IdentityService, owner: OwnerKey
) -> None:
    other = await new_owner(identity)
    principal = await make_principal(api)
    key = await make_key(api, principal_id=principal["id"])
    stranger = bearer(other.api_key)
    for response, code in [
        (await api.delete(f"/keys/{key['id']}", headers=stranger), "key.not_found"),
        (
            await api.patch(f"/principals/{principal['id']}", json={"disabled": True}, headers=stranger),
            "principal.not_found",
        ),
        (
            await api.post("/keys", json={"name": "x", "principal_id": principal["id"]}, headers=stranger),
            "principal.not_found",
        ),
    ]:
        assert code_of(response) == (404, code)
    listed = (await api.get("/keys", headers=stranger)).json()["items"]
    assert [item["id"] for item in listed] == [str(other.key_id)]
    assert [item["id"] for item in (await api.get("/principals", headers=stranger)).json()["items"]] == [
        str(other.principal_id)
    ]


async def test_a_key_addressed_to_another_tenant_finds_nothing(
    api: httpx.AsyncClient, identity: IdentityService, owner: OwnerKey
) -> None:
    from mcp_engine.identity.credentials import API_KEY, Credential

    other = await new_owner(identity)
    mine = Credential.parse(owner.api_key, API_KEY)
    assert (await api.get("/me")).status_code == 200  # the grant is in the cache now
    forged = Credential(API_KEY, other.tenant_id, mine.id, mine.secret).reveal()
    assert code_of(await api.get("/me", headers=bearer(forged))) == (401, "access.invalid_credential")


async def test_namespaces(api: httpx.AsyncClient) -> None:
    assert (await api.post("/namespaces", json={"name": "team-a"})).status_code == 201
    assert code_of(await api.post("/namespaces", json={"name": "team-a"})) == (409, "namespace.exists")
    assert code_of(await api.post("/namespaces", json={"name": "a/b"})) == (422, "name.invalid")
    assert [item["name"] for item in (await api.get("/namespaces")).json()["items"]] == ["default", "team-a"]


async def test_a_viewer_makes_no_namespace(api: httpx.AsyncClient) -> None:
    viewer = bearer(await key_of_role(api, "viewer"))
    assert code_of(await api.post("/namespaces", json={"name": "mine"}, headers=viewer)) == (
        403,
        "access.scope_missing",
    )
    assert (await api.get("/namespaces", headers=viewer)).status_code == 200


async def test_lists_are_paged_without_gap_or_repeat(api: httpx.AsyncClient) -> None:
    for _ in range(4):
        await make_principal(api)
    for path in ("/principals", "/keys", "/namespaces"):
        whole = (await api.get(path, params={"limit": 200})).json()["items"]
        seen: list[Any] = []
        cursor = None
        while True:
            page = (await api.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
            seen += page["items"]
            if not (cursor := page["next_cursor"]):
                break
        assert seen == whole


@pytest.mark.parametrize("position", [[5], ["no uuid"], [None], [{}], ["a", "b"]])
async def test_a_cursor_of_another_list_is_named_as_such(api: httpx.AsyncClient, position: list[Any]) -> None:
    from mcp_engine.http.paging import encode_cursor

    response = await api.get("/keys", params={"cursor": encode_cursor(*position)})
    assert code_of(response) == (422, "paging.bad_cursor")


async def test_a_spent_limit_says_when_to_come_back(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient, clock: Clock
) -> None:
    headers = bearer((await make_key(api, requests_per_second=0.5, burst=2))["api_key"])
    for _ in range(2):
        assert (await anonymous.get("/me", headers=headers)).status_code == 200
    refused = await anonymous.get("/me", headers=headers)
    assert code_of(refused) == (429, "access.rate_limited")
    assert refused.headers["Retry-After"] == "2"
    clock.advance(2)
    assert (await anonymous.get("/me", headers=headers)).status_code == 200


async def test_permissions_list_what_components_add(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/permissions")).json()
    assert {"ask", "prompts:read"} <= {item["scope"] for item in answer["scopes"]}
    roles = {item["role"]: item["scopes"] for item in answer["roles"]}
    assert "ask" in roles["runner"]
    assert "labels:write" not in roles["automation"]


async def facts_of(database: Database, caller: OwnerKey | Caller) -> list[tuple[str, str, Any]]:
    async with database.unit_of_work(caller.tenant_id, UUID(int=0)) as work:
        rows = await work.session.execute(text("SELECT kind, subject, facts FROM audit_entry ORDER BY occurred_at, id"))
        return [tuple(row) for row in rows]


async def test_every_change_is_in_the_log_without_secret_or_name(
    api: httpx.AsyncClient, database: Database, owner: OwnerKey
) -> None:
    principal = await make_principal(api)
    key = await make_key(api, principal_id=principal["id"], name="name of the key")
    await api.post("/namespaces", json={"name": "logged"})
    await api.patch(f"/principals/{principal['id']}", json={"role": "viewer", "disabled": True})
    await api.delete(f"/keys/{key['id']}")
    entries = await facts_of(database, owner)
    assert [kind for kind, _, _ in entries] == [
        "tenant.created",
        "namespace.created",
        "principal.created",
        "key.created",
        "principal.created",
        "key.created",
        "namespace.created",
        "principal.role_changed",
        "principal.disabled",
        "key.revoked",
    ]
    written = str(entries)
    for hidden in (key["api_key"][-43:], owner.api_key[-43:], principal["name"], "name of the key"):
        assert hidden not in written


async def test_a_refused_change_leaves_nothing_in_the_log(
    api: httpx.AsyncClient, database: Database, owner: OwnerKey
) -> None:
    before = await facts_of(database, owner)
    await api.post("/namespaces", json={"name": "default"})
    await api.patch(f"/principals/{owner.principal_id}", json={"disabled": True})
    assert await facts_of(database, owner) == before


async def test_a_repeated_request_makes_no_second_key(api: httpx.AsyncClient) -> None:
    once = {"Idempotency-Key": '"key-for-ci"'}
    made = (await api.post("/keys", json={"name": "ci"}, headers=once)).json()
    repeat = await api.post("/keys", json={"name": "ci"}, headers=once)
    assert (repeat.status_code, repeat.json()["code"]) == (409, "key.made_before")
    assert repeat.json()["key_id"] == made["id"]
    assert "mce_" not in repeat.text
    assert [key["id"] for key in (await api.get("/keys")).json()["items"] if key["name"] == "ci"] == [made["id"]]
    other = await api.post("/keys", json={"name": "other"}, headers=once)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_request")
