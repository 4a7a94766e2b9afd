"""Sessions: short access tokens, refresh tokens that work once, sign-out, sign-in links."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from sqlalchemy import text

from mcp_engine.database.engine import Database
from mcp_engine.identity.access_tokens import ACCESS_TOKEN_LIFETIME
from mcp_engine.identity.authentication import GRANT_TTL_SECONDS
from mcp_engine.identity.permissions import PermissionRegistry
from mcp_engine.identity.service import IdentityService, OwnerKey
from mcp_engine.identity.sessions import (
    REFRESH_TOKEN_LIFETIME,
    REPEAT_WINDOW,
    SESSION_LIFETIME,
    SIGN_IN_LINK_LIFETIME,
)
from mcp_engine.secrets import Secrets
from tests.mcp_engine.identity.conftest import Clock, bearer


@pytest.fixture
def client(anonymous: httpx.AsyncClient) -> httpx.AsyncClient:
    return anonymous


async def sign_in(client: httpx.AsyncClient, api_key: str) -> dict[str, Any]:
    response = await client.post("/sessions", json={"api_key": api_key})
    assert response.status_code == 201, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return response.json()


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/sessions/refresh", json={"refresh_token": token})


async def status(client: httpx.AsyncClient, credential: str) -> int:
    return (await client.get("/me", headers=bearer(credential))).status_code


async def test_a_session_acts_as_the_principal_with_the_keys_scopes(
    client: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    key = (await api.post("/keys", json={"name": "narrow", "scopes": ["prompts:read"]})).json()
    session = await sign_in(client, key["api_key"])
    me = (await client.get("/me", headers=bearer(session["access_token"]))).json()
    assert me["scopes"] == ["prompts:read"]
    assert me["credential_id"] == session["session_id"]
    assert me["principal"]["id"] == key["principal_id"]


@pytest.mark.parametrize("key", ["", "x", "mce_" + "A" * 43 + "_" + "A" * 43])
async def test_a_wrong_key_opens_nothing(client: httpx.AsyncClient, key: str) -> None:
    response = await client.post("/sessions", json={"api_key": key})
    assert (response.status_code, response.json()["code"]) == (401, "access.invalid_credential")


async def test_an_access_token_lives_fifteen_minutes(client: httpx.AsyncClient, owner: OwnerKey, clock: Clock) -> None:
    token = (await sign_in(client, owner.api_key))["access_token"]
    clock.advance(ACCESS_TOKEN_LIFETIME.total_seconds() - 1)
    assert await status(client, token) == 200
    clock.advance(1)
    assert await status(client, token) == 401


async def test_a_refresh_answers_new_tokens_for_the_same_session(
    client: httpx.AsyncClient, owner: OwnerKey, clock: Clock
) -> None:
    first = await sign_in(client, owner.api_key)
    clock.advance(60)
    second = (await refresh(client, first["refresh_token"])).json()
    assert second["session_id"] == first["session_id"]
    assert second["refresh_token"] != first["refresh_token"]
    assert await status(client, second["access_token"]) == 200


async def test_using_a_refresh_token_twice_ends_the_whole_session(
    client: httpx.AsyncClient, owner: OwnerKey, database: Database, clock: Clock
) -> None:
    first = await sign_in(client, owner.api_key)
    second = (await refresh(client, first["refresh_token"])).json()
    clock.advance(REPEAT_WINDOW.total_seconds())
    assert await status(client, second["access_token"]) == 200
    assert (await refresh(client, first["refresh_token"])).status_code == 401
    assert (await refresh(client, second["refresh_token"])).status_code == 401
    assert await status(client, second["access_token"]) == 401
    assert await status(client, first["access_token"]) == 401
    async with database.unit_of_work(owner.tenant_id, UUID(int=0)) as work:
        found = await work.session.execute(
            text("SELECT subject FROM audit_entry WHERE kind = 'session.reuse_detected'")
        )
        assert [row[0] for row in found] == [first["session_id"]]


async def test_a_refresh_whose_answer_was_lost_is_repeated(
    client: httpx.AsyncClient, owner: OwnerKey, clock: Clock
) -> None:
    session = await sign_in(client, owner.api_key)
    for _ in range(3):
        clock.advance(REPEAT_WINDOW.total_seconds() / 4)
        answer = await refresh(client, session["refresh_token"])
        assert answer.status_code == 200
    clock.advance(3600)
    assert (await refresh(client, answer.json()["refresh_token"])).status_code == 200


async def test_what_a_repeat_took_back_ends_the_session_when_it_is_used(
    client: httpx.AsyncClient, owner: OwnerKey
) -> None:
    session = await sign_in(client, owner.api_key)
    victim = (await refresh(client, session["refresh_token"])).json()
    thief = (await refresh(client, session["refresh_token"])).json()
    assert await status(client, thief["access_token"]) == 200
    assert (await refresh(client, victim["refresh_token"])).status_code == 401
    assert await status(client, thief["access_token"]) == 401
    assert (await refresh(client, thief["refresh_token"])).status_code == 401


async def test_a_refresh_is_not_repeated_once_its_answer_was_used(client: httpx.AsyncClient, owner: OwnerKey) -> None:
    session = await sign_in(client, owner.api_key)
    second = (await refresh(client, session["refresh_token"])).json()
    third = (await refresh(client, second["refresh_token"])).json()
    assert (await refresh(client, session["refresh_token"])).status_code == 401
    assert (await refresh(client, third["refresh_token"])).status_code == 401


async def test_of_simultaneous_refreshes_only_one_answer_goes_on(client: httpx.AsyncClient, owner: OwnerKey) -> None:
    session = await sign_in(client, owner.api_key)
    answers = await asyncio.gather(*(refresh(client, session["refresh_token"]) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    nexts = await asyncio.gather(*(refresh(client, answer.json()["refresh_token"]) for answer in answers))
    assert sum(answer.status_code == 200 for answer in nexts) <= 1


async def test_the_machines_holder_gets_a_link_of_the_owner(fresh_database: Database, engine_secrets: Secrets) -> None:
    identity = IdentityService(fresh_database, engine_secrets, PermissionRegistry())
    assert await identity.sessions.owners_link() is None
    first = await identity.bootstrap()
    assert first is not None
    link = await identity.sessions.owners_link()
    assert link is not None
    caller = await identity.authenticate((await identity.sessions.refresh(link.token)).access_token)
    assert caller.principal_id == first.principal_id
    assert "instance:operate" in caller.scopes
    await identity.revoke_key(caller, first.key_id)
    assert await identity.sessions.owners_link() is None


async def test_a_refresh_token_with_a_wrong_secret_harms_nobody(client: httpx.AsyncClient, owner: OwnerKey) -> None:
    session = await sign_in(client, owner.api_key)
    forged = session["refresh_token"][:-43] + "A" * 43
    assert (await refresh(client, forged)).status_code == 401
    assert (await refresh(client, session["refresh_token"])).status_code == 200


async def test_refresh_tokens_and_sessions_end(client: httpx.AsyncClient, owner: OwnerKey, clock: Clock) -> None:
    idle = await sign_in(client, owner.api_key)
    session = await sign_in(client, owner.api_key)
    started = clock.now
    while clock.now - started < SESSION_LIFETIME - REFRESH_TOKEN_LIFETIME:
        clock.advance((REFRESH_TOKEN_LIFETIME - timedelta(seconds=1)).total_seconds())
        session = (await refresh(client, session["refresh_token"])).json()
    assert (await refresh(client, idle["refresh_token"])).status_code == 401
    clock.advance((started + SESSION_LIFETIME - clock.now).total_seconds())
    assert (await refresh(client, session["refresh_token"])).status_code == 401


async def test_a_session_ends_with_its_key(client: httpx.AsyncClient, api: httpx.AsyncClient, clock: Clock) -> None:
    expires = clock.now + timedelta(minutes=5)
    key = (await api.post("/keys", json={"name": "short", "expires_at": expires.isoformat()})).json()
    session = await sign_in(client, key["api_key"])
    assert session["access_expires_at"] == expires.isoformat().replace("+00:00", "Z")
    other = await sign_in(client, (await api.post("/keys", json={"name": "other"})).json()["api_key"])
    await api.delete(f"/keys/{key['id']}")
    assert await status(client, session["access_token"]) == 401
    assert (await refresh(client, session["refresh_token"])).status_code == 401
    assert await status(client, other["access_token"]) == 200


async def test_signing_out_works_at_once_and_is_final(client: httpx.AsyncClient, owner: OwnerKey) -> None:
    session = await sign_in(client, owner.api_key)
    headers = bearer(session["access_token"])
    assert (await client.delete("/sessions", headers=headers)).status_code == 204
    assert await status(client, session["access_token"]) == 401
    assert (await refresh(client, session["refresh_token"])).status_code == 401
    assert (await client.delete("/sessions", headers=headers)).status_code == 401


async def test_an_api_key_has_no_session_to_end(api: httpx.AsyncClient) -> None:
    response = await api.delete("/sessions")
    assert (response.status_code, response.json()["code"]) == (409, "session.not_a_session")


async def test_a_sign_in_link_opens_one_session_once(
    client: httpx.AsyncClient, api: httpx.AsyncClient, clock: Clock
) -> None:
    link = (await api.post("/sessions/link")).json()
    session = (await refresh(client, link["token"])).json()
    assert await status(client, session["access_token"]) == 200
    assert (await refresh(client, link["token"])).status_code == 401
    late = (await api.post("/sessions/link")).json()
    clock.advance(SIGN_IN_LINK_LIFETIME.total_seconds())
    assert (await refresh(client, late["token"])).status_code == 401


async def test_a_session_makes_no_sign_in_link(client: httpx.AsyncClient, owner: OwnerKey) -> None:
    session = await sign_in(client, owner.api_key)
    response = await client.post("/sessions/link", headers=bearer(session["access_token"]))
    assert (response.status_code, response.json()["code"]) == (403, "session.link_needs_key")


async def test_a_lower_role_narrows_a_running_session(client: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    principal = (await api.post("/principals", json={"kind": "person", "name": "p", "role": "editor"})).json()
    key = (await api.post("/keys", json={"name": "k", "principal_id": principal["id"]})).json()
    session = await sign_in(client, key["api_key"])
    await api.patch(f"/principals/{principal['id']}", json={"role": "viewer"})
    me = (await client.get("/me", headers=bearer(session["access_token"]))).json()
    assert "prompts:write" not in me["scopes"]


async def test_a_sessions_requests_count_on_its_keys_limit(client: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    key = (await api.post("/keys", json={"name": "slow", "requests_per_second": 0.01, "burst": 3})).json()
    sessions = [await sign_in(client, key["api_key"]) for _ in range(2)]
    assert await status(client, sessions[0]["access_token"]) == 200
    assert await status(client, sessions[1]["access_token"]) == 429
    assert (await refresh(client, sessions[0]["refresh_token"])).status_code == 429


async def test_tokens_signed_otherwise_are_refused(
    client: httpx.AsyncClient, owner: OwnerKey, engine_secrets: Secrets
) -> None:
    token = (await sign_in(client, owner.api_key))["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none")
    head, body, signature = token.split(".")
    more = {**claims, "scope": claims["scope"] + " instance:operate"}
    widened = base64.urlsafe_b64encode(json.dumps(more).encode()).decode().rstrip("=")
    forgeries = [
        unsigned,
        jwt.encode(claims, bytes(32), algorithm="HS256"),
        jwt.encode(claims, engine_secrets.session_key * 2, algorithm="HS512"),
        f"{head}.{widened}.{signature}",
        f"{head}.{body}.",
        *(
            jwt.encode({**claims, name: value}, engine_secrets.session_key, algorithm="HS256")
            for name, value in [("aud", "others"), ("iss", "others"), ("tenant", 5), ("session", "x"), ("exp", 1e300)]
        ),
        *(
            jwt.encode({k: v for k, v in claims.items() if k != name}, engine_secrets.session_key, algorithm="HS256")
            for name in ("exp", "aud", "iss", "sub", "tenant", "session", "scope")
        ),
    ]
    for forgery in forgeries:
        assert await status(client, forgery) == 401, jwt.decode(forgery, options={"verify_signature": False})
    assert await status(client, token) == 200


async def test_another_server_learns_of_a_sign_out_within_the_cache_time(
    client: httpx.AsyncClient, owner: OwnerKey, database: Database, engine_secrets: Secrets, clock: Clock,
    identity: IdentityService,
) -> None:  # fmt: skip
    other = IdentityService(
        database, engine_secrets, identity.permissions, now=lambda: clock.now, clock=lambda: clock.seconds
    )
    session = await sign_in(client, owner.api_key)
    caller = await other.authenticate(session["access_token"])
    await identity.sessions.end(caller)
    clock.advance(GRANT_TTL_SECONDS)
    with pytest.raises(Exception, match="does not work"):
        await other.authenticate(session["access_token"])


async def test_old_sessions_are_cleared_away(
    client: httpx.AsyncClient, owner: OwnerKey, database: Database, clock: Clock
) -> None:
    await sign_in(client, owner.api_key)
    clock.advance(SESSION_LIFETIME.total_seconds() + 1)
    await sign_in(client, owner.api_key)
    async with database.unit_of_work(owner.tenant_id, UUID(int=0)) as work:
        for table in ("session", "refresh_token"):
            assert (await work.session.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 1
