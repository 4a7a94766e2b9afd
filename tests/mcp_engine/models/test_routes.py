"""Models and providers over HTTP: what each answers, who may ask, and where credentials never appear."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import create_engine, select, text
from structlog.testing import capture_logs

from mcp_engine.access import Authenticator, Caller
from mcp_engine.audit.tables import AuditEntry
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound, Refused
from mcp_engine.http.problems import install_handlers
from mcp_engine.models.pool import ModelPool
from mcp_engine.models.routes import router
from mcp_engine.models.service import ModelService
from mcp_engine.models.weights import Weights
from mcp_engine.secrets import Secrets
from mcp_engine.services import Services
from tests.conftest import caller_of, make_tenant
from tests.keys import Keys
from tests.mcp_engine.models.conformance import CAPITAL
from tests.mcp_engine.models.servers import CREDENTIAL, MODEL, free_port, scripted

ACME = {"name": "acme", "base_url": "http://127.0.0.1:9/v1/", "credential": CREDENTIAL, "models": ["b/large", "a"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(
    database: Database, pool: ModelPool, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ModelService]:
    secrets = Secrets.load(tmp_path_factory.mktemp("model-secrets"))
    service = ModelService(database, pool, secrets)
    yield service
    await service.close()


@pytest_asyncio.fixture(loop_scope="session")
async def client(service: ModelService, caller: Caller, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in as `owner`; `reader` lacks the scope to write, `stranger` is another tenant's owner."""
    reader = caller_of(caller.tenant_id, caller.principal_id, frozenset({"providers:read"}))
    nobody = caller_of(caller.tenant_id, caller.principal_id, frozenset())
    keys = Keys({"owner": caller, "reader": reader, "nobody": nobody, "stranger": await make_tenant(database)})
    app = FastAPI()
    app.include_router(router)
    install_handlers(app)
    app.state.services = Services()
    app.state.services.add(keys, provides=Authenticator)
    app.state.services.add(service)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=as_("owner")) as client:
        yield client


def as_(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_models_are_the_local_one_and_those_that_providers_name(
    client: httpx.AsyncClient, weights: Weights
) -> None:
    assert (await client.post("/providers", json=ACME)).status_code == 201
    everything = (await client.get("/models")).json()
    assert [model["name"] for model in everything["items"]] == ["local", "acme/a", "acme/b/large"]
    local = everything["items"][0]
    assert (local["model"], local["weights_digest"]) == (weights.name, weights.weights_digest)
    paged, cursor = [], None
    while True:
        page = (await client.get("/models", params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == everything["items"]


async def test_a_provider_is_created_shown_listed_and_deleted(client: httpx.AsyncClient) -> None:
    created = await client.post("/providers", json=ACME)
    assert created.status_code == 201
    assert created.json()["base_url"] == "http://127.0.0.1:9/v1"
    assert created.json()["has_credential"] is True
    assert (await client.get("/providers/acme")).json() == created.json()
    await client.post("/providers", json={"name": "keyless", "base_url": "https://models.example/v1"})
    page = (await client.get("/providers", params={"limit": 1})).json()
    assert [item["name"] for item in page["items"]] == ["acme"]
    rest = (await client.get("/providers", params={"limit": 1, "cursor": page["next_cursor"]})).json()
    assert [(item["name"], item["has_credential"]) for item in rest["items"]] == [("keyless", False)]
    assert rest["next_cursor"] is None
    again = await client.post("/providers", json=ACME)
    assert (again.status_code, again.json()["code"]) == (409, "provider.exists")
    assert (await client.delete("/providers/acme")).status_code == 204
    gone = await client.delete("/providers/acme")
    assert (gone.status_code, gone.json()["code"]) == (404, "provider.not_found")
    assert "keyless" in gone.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "local"}, {"name": "a/b"}, {"name": ""}, {"base_url": "ftp://host/v1"}, {"base_url": "http://"},
        {"base_url": "file:///etc/passwd"}, {"base_url": "http://user:secret@host/v1"}, {"base_url": "http://host?a=1"},
        {"base_url": "http://host:99999"}, {"base_url": "http://ho st"}, {"base_url": "http://[::1"},
        {"credential": "two words"}, {"credential": "line\nbreak"}, {"credential": "schlüssel"},
        {"kind": "anything"}, {"models": [" "]}, {"surprise": 1},
    ],
)  # fmt: skip
async def test_a_wrong_provider_is_refused_without_quoting_its_credential(
    client: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    answer = await client.post("/providers", json={**ACME, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert next(iter(wrong)) in answer.text
    for secret in (CREDENTIAL, "two words", "schlüssel"):
        assert secret not in answer.text


async def test_the_credential_is_sealed_and_appears_nowhere(
    client: httpx.AsyncClient, caller: Caller, database: Database, service: ModelService, owner_url: str
) -> None:
    with capture_logs() as logs:
        created = await client.post("/providers", json=ACME)
        shown = await client.get("/providers/acme")
        chat = (await service.resolve(caller, "acme/a")).chat
        await client.delete("/providers/acme")
        await client.post("/providers", json=ACME)
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM model_provider")).all()
        audit = connection.execute(text("SELECT * FROM audit_entry")).all()
    engine.dispose()
    assert rows
    everything = f"{rows} {audit} {created.text} {shown.text} {logs} {chat!r} {chat.asdict()}"
    assert CREDENTIAL not in everything
    sealed = next(row.sealed_credential for row in rows if row.tenant_id == caller.tenant_id)
    assert CREDENTIAL.encode() not in bytes(sealed)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        kinds = (await work.session.execute(select(AuditEntry.kind).order_by(AuditEntry.id))).scalars().all()
        facts = (await work.session.execute(select(AuditEntry.facts).order_by(AuditEntry.id))).scalars().first()
    assert list(kinds) == ["provider.created", "provider.deleted", "provider.created"]
    assert facts is not None
    assert facts["has_credential"] is True
    assert facts["base_url"] == "http://127.0.0.1:9/v1"


async def test_a_credential_copied_to_another_tenants_row_does_not_open(
    client: httpx.AsyncClient, caller: Caller, service: ModelService, owner_url: str
) -> None:
    await client.post("/providers", json=ACME)
    await client.post("/providers", json={**ACME, "credential": "another"}, headers=as_("stranger"))
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        copy = """
            UPDATE model_provider SET sealed_credential = other.sealed_credential FROM model_provider AS other
            WHERE model_provider.tenant_id = :tenant AND other.tenant_id <> :tenant
                    AND other.sealed_credential IS NOT NULL
        """
        connection.execute(text(copy), {"tenant": caller.tenant_id})
    engine.dispose()
    with pytest.raises(Refused) as caught:
        await service.resolve(caller, "acme/a")
    assert caught.value.code == "provider.credential_unreadable"


async def test_another_tenants_provider_does_not_exist(
    client: httpx.AsyncClient, caller: Caller, service: ModelService, database: Database
) -> None:
    await client.post("/providers", json=ACME)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test")):
        answer = await client.request(method, f"/providers/acme{path}", headers=as_("stranger"))
        assert (answer.status_code, answer.json()["code"]) == (404, "provider.not_found")
    assert [m["name"] for m in (await client.get("/models", headers=as_("stranger"))).json()["items"]] == ["local"]
    assert (await client.get("/providers", headers=as_("stranger"))).json()["items"] == []
    with pytest.raises(NotFound):
        await service.resolve(await make_tenant(database), "acme/a")
    assert (await service.resolve(caller, "acme/a")).name == "acme/a"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/models", "providers:read"), ("GET", "/providers", "providers:read"),
        ("GET", "/providers/acme", "providers:read"), ("POST", "/providers", "providers:write"),
        ("DELETE", "/providers/acme", "providers:write"), ("POST", "/providers/acme/test", "providers:write"),
    ],
)  # fmt: skip
async def test_each_route_wants_a_credential_and_its_scope(
    client: httpx.AsyncClient, method: str, path: str, scope: str
) -> None:
    body = ACME if (method, path) == ("POST", "/providers") else None
    for key, status in (("unknown", 401), ("nobody", 403), ("reader", 403 if scope == "providers:write" else None)):
        answer = await client.request(method, path, json=body, headers=as_(key))
        if status is None:
            assert answer.status_code != 403
            continue
        assert answer.status_code == status
        if status == 403:
            assert answer.json()["required_scope"] == scope


async def test_the_local_model_is_resolved_and_answers(service: ModelService, caller: Caller, weights: Weights) -> None:
    by_default, by_name = await service.resolve(caller), await service.resolve(caller, "local")
    assert by_default.name == by_name.name == "local"
    assert by_default.identity == by_name.identity
    assert by_default.identity.source_digest == weights.source_digest
    assert "Paris" in str((await by_default.chat.ainvoke(CAPITAL)).content)


@pytest.mark.parametrize("name", ["remote", "acme", "acme/", "acme/other", "elsewhere/a", "local/x", "", "/", "🎈/a"])
async def test_an_unknown_model_is_named_with_those_that_exist(
    client: httpx.AsyncClient, service: ModelService, caller: Caller, name: str
) -> None:
    await client.post("/providers", json=ACME)
    with pytest.raises(NotFound, match=r"acme/b/large") as caught:
        await service.resolve(caller, name)
    assert caught.value.code == "model.unknown"


async def test_a_provider_without_named_models_takes_any(
    client: httpx.AsyncClient, service: ModelService, caller: Caller
) -> None:
    await client.post("/providers", json={**ACME, "models": []})
    served = await service.resolve(caller, "acme/org/model:7b")
    assert (served.identity.provider, served.identity.model) == ("acme", "org/model:7b")
    with pytest.raises(NotFound, match="acme/<model id>"):
        await service.resolve(caller, "other/a")


async def test_a_configured_provider_answers(
    client: httpx.AsyncClient, service: ModelService, caller: Caller, llama_server: str
) -> None:
    new = {"name": "real", "base_url": llama_server, "credential": CREDENTIAL, "schema_style": "json_object"}
    await client.post("/providers", json=new)
    tested = await client.post("/providers/real/test")
    assert tested.status_code == 200, tested.text
    assert tested.json()["models"] == [MODEL]
    answer = await (await service.resolve(caller, f"real/{MODEL}")).chat.ainvoke(CAPITAL)
    assert "Paris" in str(answer.content)
    assert answer.response_metadata["model_provider"] == "real"
    await client.post("/providers", json={**new, "name": "locked-out", "credential": "wrong"})
    refused = await client.post("/providers/locked-out/test")
    assert (refused.status_code, refused.json()["code"]) == (502, "model.credential_refused")


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        ({"status": 429, "headers": {"Retry-After": "9"}}, 429, "model.rate_limited"),
        ({"status": 404}, 404, "model.not_found"),
        ({"body": b"<html>"}, 502, "model.remote_failed"),
        ({"body": b'{"data": "none"}'}, 502, "model.remote_failed"),
        ({"body": json.dumps({"data": [{"id": "x" * 2_000_000}]}).encode()}, 502, "model.remote_failed"),
        ({"status": 307, "headers": {"Location": "http://127.0.0.1:1/"}}, 502, "model.remote_failed"),
    ],
)
async def test_testing_a_provider_says_what_is_wrong(
    client: httpx.AsyncClient, script: dict[str, object], status: int, code: str
) -> None:
    async with scripted(**script) as server:
        await client.post("/providers", json={**ACME, "base_url": server.base_url})
        answer = await client.post("/providers/acme/test")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 429:
        assert answer.headers["Retry-After"] == "9"


async def test_testing_a_provider_that_is_not_there(client: httpx.AsyncClient) -> None:
    await client.post("/providers", json={**ACME, "base_url": f"http://127.0.0.1:{free_port()}/v1"})
    answer = await client.post("/providers/acme/test")
    assert (answer.status_code, answer.json()["code"]) == (503, "model.unavailable")
    assert CREDENTIAL not in answer.text


async def test_another_instances_key_does_not_open_a_credential(
    client: httpx.AsyncClient,
    database: Database,
    pool: ModelPool,
    caller: Caller,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    await client.post("/providers", json=ACME)
    other = ModelService(database, pool, Secrets.load(tmp_path_factory.mktemp("other-secrets")))
    with pytest.raises(Refused, match="create it again"):
        await other.resolve(caller, "acme/a")
    await other.close()
