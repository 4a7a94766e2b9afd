"""The audit routes over ASGI."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.audit.check import check_proof
from mcp_engine.audit.notes import encode_base64
from mcp_engine.audit.routes import router, verification
from mcp_engine.audit.service import AuditService
from mcp_engine.errors import NotSignedIn, TryLater
from mcp_engine.http.problems import install_handlers
from mcp_engine.http.streaming import StreamEvent
from mcp_engine.services import Services
from tests.conftest import caller_of, make_tenant
from tests.mcp_engine.audit.conftest import Log


class Doorman:
    """Knows callers by the credential that the test gave them."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}

    async def authenticate(self, credential: str) -> Caller:
        if credential not in self.callers:
            raise NotSignedIn("access.bad_credential", "Unknown.")
        return self.callers[credential]


@pytest_asyncio.fixture(loop_scope="session")
async def client(log: Log) -> AsyncIterator[httpx.AsyncClient]:
    doorman, services, app = Doorman(), Services(), FastAPI()
    doorman.callers["owner"] = log.caller
    doorman.callers["other"] = await make_tenant(log.database)
    doorman.callers["blind"] = caller_of(log.caller.tenant_id, log.caller.principal_id, frozenset({"prompts:read"}))
    services.add(doorman, provides=Authenticator)
    services.add(AuditService(log.database, log.signer.verifier, log.witness))
    app.state.services = services
    install_handlers(app)
    app.include_router(router)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        yield client


def as_(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}"}


ROUTES = [
    ("GET", "/audit/entries"),
    ("GET", "/audit/entries/01920000-0000-7000-8000-000000000000"),
    ("GET", "/audit/state"),
    ("GET", "/audit/checkpoint"),
    ("GET", "/audit/key"),
    ("GET", "/audit/proofs/x"),
    ("POST", "/audit/verify"),
]


async def test_every_route_wants_the_scope(client: httpx.AsyncClient) -> None:
    for method, path in ROUTES:
        assert (await client.request(method, path)).status_code == 401
        assert (await client.request(method, path, headers=as_("blind"))).status_code == 403


async def test_entries_are_paged_newest_first_and_filtered(client: httpx.AsyncClient, log: Log) -> None:
    await log.append(*"abcde")
    await log.append("f", kind="label.moved")
    await log.sequence()
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 4, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/audit/entries", params=query, headers=as_("owner"))).json()
        seen += [item["subject"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == list("fedcba")

    async def subjects(**query: str) -> list[str]:
        answer = await client.get("/audit/entries", params=query, headers=as_("owner"))
        return [item["subject"] for item in answer.json()["items"]]

    soon, actor = (datetime.now(UTC) + timedelta(hours=1)).isoformat(), str(log.caller.principal_id)
    assert await subjects(kind="label.moved") == ["f"]
    assert await subjects(subject="c", actor=actor) == ["c"]
    assert await subjects(actor=str(log.caller.tenant_id)) == []
    assert await subjects(since=soon) == []
    assert len(await subjects(until=soon)) == 6


async def test_an_entry_shows_its_leaf(client: httpx.AsyncClient, log: Log) -> None:
    await log.append("a")
    await log.sequence()
    await log.append("b")
    newest, oldest = (await client.get("/audit/entries", headers=as_("owner"))).json()["items"]
    assert (await client.get(f"/audit/entries/{oldest['id']}", headers=as_("owner"))).json() == oldest
    unknown = await client.get(f"/audit/entries/{log.caller.tenant_id}", headers=as_("owner"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "audit.entry_not_found")
    assert (newest["seq"], oldest["seq"], oldest["facts"]) == (None, 0, {"digest": "a"})


async def test_another_tenant_sees_none_of_it(client: httpx.AsyncClient, log: Log) -> None:
    entry = await log.append("a")
    await log.sequence()
    assert (await client.get("/audit/entries", headers=as_("other"))).json()["items"] == []
    for wanted in ("a", entry):
        assert (await client.get(f"/audit/proofs/{wanted}", headers=as_("other"))).status_code == 404


async def test_bad_cursors_and_moments_are_refused(client: httpx.AsyncClient) -> None:
    for query in ({"cursor": "nonsense"}, {"cursor": "WyJ4Il0"}, {"since": "2026-01-01T00:00:00"}, {"limit": "0"}):
        assert (await client.get("/audit/entries", params=query, headers=as_("owner"))).status_code == 422


async def test_a_proof_from_the_routes_checks_with_the_key_from_the_routes(client: httpx.AsyncClient, log: Log) -> None:
    await log.append("execution-1", kind="execution.finished")
    await log.sequence()
    vkey = (await client.get("/audit/key", headers=as_("owner"))).json()["vkey"]
    proof = await client.get("/audit/proofs/execution-1", headers=as_("owner"))
    assert check_proof(proof.text, vkey).leaves[0].kind == "execution.finished"


async def test_the_checkpoint_is_plain_text(client: httpx.AsyncClient, log: Log) -> None:
    before = await client.get("/audit/checkpoint", headers=as_("owner"))
    assert (before.status_code, before.json()["code"]) == (503, "audit.no_checkpoint")
    await log.append("a")
    await log.sequence()
    answer = await client.get("/audit/checkpoint", headers=as_("owner"))
    assert answer.headers["content-type"].startswith("text/plain")
    assert log.signer.verifier.open_checkpoint(answer.text).size == 1


async def test_the_state_shows_the_signed_tree_and_what_waits(client: httpx.AsyncClient, log: Log) -> None:
    before = await client.get("/audit/state", headers=as_("owner"))
    assert (before.status_code, before.json()["code"]) == (503, "audit.no_checkpoint")
    await log.append("a", "b")
    await log.sequence()
    await log.append("c")
    state = (await client.get("/audit/state", headers=as_("owner"))).json()
    checkpoint = log.signer.verifier.open_checkpoint(state["checkpoint"])
    assert (state["origin"], state["tree_size"], state["waiting"]) == (log.signer.verifier.name, 2, 1)
    assert (checkpoint.size, encode_base64(checkpoint.root)) == (2, state["root"])
    assert abs(datetime.now(UTC) - datetime.fromisoformat(state["signed_at"])) < timedelta(minutes=5)


async def test_a_verification_ends_when_nobody_waits_for_it_any_more(log: Log) -> None:
    await log.append("a")
    await log.sequence()
    audit = AuditService(log.database, log.signer.verifier, log.witness)
    watched = verification(audit, log.caller.tenant_id)
    first = await anext(watched)
    assert first == StreamEvent(event="progress", data={"stage": "leaves", "done": 0, "total": 1})
    with pytest.raises(TryLater):
        await audit.verify()
    await watched.aclose()
    assert (await audit.verify()).ok


async def test_verification_streams_progress_and_then_the_report(client: httpx.AsyncClient, log: Log) -> None:
    await log.append("a", "b")
    await log.sequence()
    log.tamper("UPDATE audit_entry SET facts = '{}' WHERE subject = 'b'")
    answer = await client.post("/audit/verify", headers=as_("owner"))
    events = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    assert [name for name, _ in events][-1] == "event: report"
    assert "event: progress" in [name for name, _ in events]
    report = json.loads(events[-1][1].removeprefix("data: "))
    assert (report["ok"], report["first_problem"]["seq"], report["first_problem"]["subject"]) == (False, 1, "b")
    assert "tenant_id" not in report["first_problem"]
