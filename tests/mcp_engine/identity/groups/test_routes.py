"""Groups over REST: who may change them, what other tenants see, and what the log keeps."""

from __future__ import annotations

import httpx
from sqlalchemy import text

from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.identity.service import IdentityService, OwnerKey
from tests.mcp_engine.identity.conftest import bearer, new_owner
from tests.mcp_engine.identity.test_routes import code_of, key_of_role, make_principal


async def make_group(api: httpx.AsyncClient, name: str = "people-office") -> str:
    response = await api.post("/groups", json={"name": name})
    assert response.status_code == 201, response.text
    assert response.json()["members"] == 0
    return name


async def test_members_come_and_go(api: httpx.AsyncClient) -> None:
    name, ada = await make_group(api), await make_principal(api)
    for _ in range(2):
        assert (await api.put(f"/groups/{name}/members/{ada['id']}")).status_code == 204
    assert (await api.get(f"/groups/{name}")).json()["members"] == 1
    assert [one["name"] for one in (await api.get(f"/groups/{name}/members")).json()["items"]] == [ada["name"]]
    assert (await api.delete(f"/groups/{name}/members/{ada['id']}")).status_code == 204
    assert (await api.get(f"/groups/{name}/members")).json()["items"] == []
    assert code_of(await api.delete(f"/groups/{name}/members/{ada['id']}")) == (404, "group.not_a_member")


async def test_lists_are_paged_by_name_and_by_age(api: httpx.AsyncClient) -> None:
    for name in ("b", "a", "c"):
        await make_group(api, name)
    first = (await api.get("/groups", params={"limit": 2})).json()
    rest = (await api.get("/groups", params={"cursor": first["next_cursor"]})).json()
    assert [one["name"] for one in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    people = [(await make_principal(api))["id"] for _ in range(3)]
    for person in people:
        await api.put(f"/groups/a/members/{person}")
    page = (await api.get("/groups/a/members", params={"limit": 2})).json()
    more = (await api.get("/groups/a/members", params={"cursor": page["next_cursor"]})).json()
    assert [one["id"] for one in (*page["items"], *more["items"])] == people
    assert code_of(await api.get("/groups", params={"cursor": "nonsense"})) == (422, "paging.bad_cursor")


async def test_a_name_is_taken_once_and_must_be_a_name(api: httpx.AsyncClient) -> None:
    await make_group(api)
    assert code_of(await api.post("/groups", json={"name": "people-office"})) == (409, "group.exists")
    assert code_of(await api.post("/groups", json={"name": "a/b"})) == (422, "name.invalid")
    assert code_of(await api.get("/groups/nobody")) == (404, "group.not_found")
    assert code_of(await api.get("/groups/no%00body")) == (404, "group.not_found")
    assert code_of(await api.put(f"/groups/people-office/members/{new_id()}")) == (404, "principal.not_found")


async def test_a_deleted_group_is_gone_with_its_members_and_its_name_is_free(api: httpx.AsyncClient) -> None:
    name, ada = await make_group(api), await make_principal(api)
    await api.put(f"/groups/{name}/members/{ada['id']}")
    assert (await api.delete(f"/groups/{name}")).status_code == 204
    assert code_of(await api.get(f"/groups/{name}")) == (404, "group.not_found")
    await make_group(api, name)
    assert (await api.get(f"/groups/{name}/members")).json()["items"] == []


async def test_only_owners_change_groups(api: httpx.AsyncClient) -> None:
    name, editor = await make_group(api), bearer(await key_of_role(api, "editor"))
    assert (await api.get(f"/groups/{name}/members", headers=editor)).status_code == 200
    own = (await api.get("/me", headers=editor)).json()["principal"]["id"]
    for method, path in (
        ("POST", "/groups"),
        ("DELETE", f"/groups/{name}"),
        ("PUT", f"/groups/{name}/members/{own}"),
        ("DELETE", f"/groups/{name}/members/{own}"),
    ):
        refused = await api.request(method, path, headers=editor, json={"name": "mine"} if method == "POST" else None)
        assert code_of(refused) == (403, "access.scope_missing")
        assert refused.json()["required_scope"] == "identity:write"


async def test_another_tenants_groups_and_people_do_not_exist(
    api: httpx.AsyncClient, identity: IdentityService
) -> None:
    name, other = await make_group(api), bearer((await new_owner(identity)).api_key)
    ada = await make_principal(api)
    assert (await api.get("/groups", headers=other)).json()["items"] == []
    for method, path in (("GET", f"/groups/{name}"), ("DELETE", f"/groups/{name}"), ("GET", f"/groups/{name}/members")):
        assert code_of(await api.request(method, path, headers=other)) == (404, "group.not_found")
    assert (await api.post("/groups", json={"name": name}, headers=other)).status_code == 201
    stolen = await api.put(f"/groups/{name}/members/{ada['id']}", headers=other)
    assert code_of(stolen) == (404, "principal.not_found")


async def test_every_change_is_in_the_log(api: httpx.AsyncClient, owner: OwnerKey, database: Database) -> None:
    name, ada = await make_group(api), await make_principal(api)
    group_id = (await api.get(f"/groups/{name}")).json()["id"]
    for _ in range(2):
        await api.put(f"/groups/{name}/members/{ada['id']}")
    await api.delete(f"/groups/{name}/members/{ada['id']}")
    await api.delete(f"/groups/{name}")
    async with database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        rows = await work.session.execute(
            text("SELECT kind, facts ->> 'principal_id', actor_id FROM audit_entry WHERE subject = :id ORDER BY id"),
            {"id": group_id},
        )
        found = [tuple(row) for row in rows]
    assert found == [
        ("group.created", None, owner.principal_id),
        ("group.member_added", ada["id"], owner.principal_id),
        ("group.member_removed", ada["id"], owner.principal_id),
        ("group.deleted", None, owner.principal_id),
    ]
