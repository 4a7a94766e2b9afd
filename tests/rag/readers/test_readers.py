"""Setting access lists: who may, what is refused, what the log keeps; over REST and on the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text

from mcp_engine.access import Authenticator
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.http.problems import install_handlers
from mcp_engine.identifiers import new_id
from mcp_engine.services import Services
from rag.component import component
from rag.readers.routes import router as readers_router
from rag.routes import router
from tests.commands import Commands, listening
from tests.conftest import make_tenant
from tests.keys import Keys
from tests.rag.readers.place import Place


@pytest.fixture
def app(own_place: Place) -> FastAPI:
    app, services = FastAPI(), Services()
    callers = {"owner": own_place.owner, "member": own_place.member, "outsider": own_place.outsider}
    services.add(Keys(callers), provides=Authenticator)
    services.add(own_place.workspace.documents)
    services.add(own_place.readers)
    app.state.services = services
    install_handlers(app)
    app.include_router(router, prefix="/api/v1")
    app.include_router(readers_router, prefix="/api/v1")
    return app


async def send(app: FastAPI, who: str, method: str, path: str, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {who}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine/api/v1") as client:
        return await client.request(method, path, headers=headers, **request)


async def test_a_list_is_shown_changed_and_taken_away(app: FastAPI, own_place: Place) -> None:
    path = f"/documents/{own_place.restricted}/readers"
    shown = (await send(app, "member", "GET", path)).json()
    assert shown["restricted"] is True
    assert [one["name"] for one in shown["groups"]] == ["crew"]
    assert [one["id"] for one in shown["principals"]] == [str(own_place.owner.principal_id)]
    # Whoever is on the list may change it, and be the only one.
    own = (await send(app, "member", "PUT", path, json={"principals": ["member", "outsider"]})).json()
    assert ([one["name"] for one in own["principals"]], own["groups"]) == (["member", "outsider"], [])
    assert (await send(app, "owner", "GET", path)).status_code == 404
    assert (await send(app, "outsider", "DELETE", path)).json() == {"restricted": False, "principals": [], "groups": []}
    assert (await send(app, "owner", "GET", path)).json()["restricted"] is False


async def test_changes_are_in_the_log_and_repeats_are_not(app: FastAPI, own_place: Place) -> None:
    place, path = own_place, f"/documents/{own_place.open}/readers"
    for _ in range(2):
        assert (await send(app, "member", "PUT", path, json={"groups": ["crew", "crew"]})).status_code == 200
    for _ in range(2):
        assert (await send(app, "member", "DELETE", path)).status_code == 200
    async with place.workspace.database.unit_of_work(place.owner.tenant_id, place.owner.principal_id) as work:
        rows = await work.session.execute(
            text("SELECT actor_id, facts FROM audit_entry WHERE kind = 'document.readers_changed' AND subject = :id"),
            {"id": str(place.open)},
        )
        found = list(rows)
    crew = str((await place.groups.get(place.owner, "crew")).id)
    listed = {"principals": [], "groups": [crew]}
    assert [row.actor_id for row in found] == [place.member.principal_id] * 2
    assert [(row.facts["before"], row.facts["after"]) for row in found] == [(None, listed), (listed, None)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"principals": ["outsider"]}, 409, "readers.shuts_you_out"),
        ({}, 409, "readers.shuts_you_out"),
        ({"principals": ["member", "nobody"]}, 404, "principal.not_found"),
        ({"principals": ["member", str(new_id())]}, 404, "principal.not_found"),
        ({"principals": ["member"], "groups": ["nobody"]}, 404, "group.not_found"),
        ({"people": ["member"]}, 422, None),
    ],
)
async def test_a_list_that_makes_no_sense_changes_nothing(
    app: FastAPI, own_place: Place, body: dict[str, Any], status: int, code: str | None
) -> None:
    path = f"/documents/{own_place.restricted}/readers"
    before = (await send(app, "owner", "GET", path)).json()
    refused = await send(app, "member", "PUT", path, json=body)
    assert refused.status_code == status, refused.text
    assert code is None or refused.json()["code"] == code
    assert (await send(app, "owner", "GET", path)).json() == before


async def test_another_tenants_people_and_groups_are_nobody(app: FastAPI, own_place: Place) -> None:
    other = await make_tenant(own_place.workspace.database)
    await own_place.groups.create(other, "theirs")
    path = f"/documents/{own_place.restricted}/readers"
    for body in ({"principals": [str(other.principal_id)]}, {"groups": ["theirs"]}):
        refused = await send(app, "member", "PUT", path, json=body)
        assert refused.status_code == 404


async def test_a_document_is_restricted_as_it_is_added(app: FastAPI, own_place: Place) -> None:
    async def add(who: str, readers: str, content: bytes = b"A secret.") -> httpx.Response:
        return await send(
            app, who, "POST", "/collections/mixed/documents",
            files={"file": ("plan.txt", content, "text/plain")}, data={"readers": readers},
        )  # fmt: skip

    added = (await add("member", '{"groups": ["crew"]}')).json()
    assert added["document"]["restricted"] is True
    assert (await send(app, "outsider", "GET", f"/documents/{added['document']['id']}")).status_code == 404
    assert (await add("outsider", '{"groups": ["crew"]}')).json()["code"] == "document.name_taken"
    for wrong in ("crew", '{"groups": "crew"}', '{"persons": []}'):
        refused = await add("member", wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "readers.invalid")
    shut_out = await send(
        app, "outsider", "POST", "/collections/new/documents",
        files={"file": ("plan.txt", b"A secret.", "text/plain")}, data={"readers": '{"groups": ["crew"]}'},
    )  # fmt: skip
    assert shut_out.json()["code"] == "readers.shuts_you_out"
    # Nothing of it was kept, for a moment or for good.
    assert "new" not in {one["name"] for one in (await send(app, "owner", "GET", "/collections")).json()["items"]}


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="member")


async def test_lists_on_the_command_line(run: Commands, tmp_path: Any) -> None:
    shown = (await run("docs", "readers", "lighthouse.md", "-c", "mixed")).stdout
    assert "Only these may read lighthouse.md:" in shown
    assert "group crew" in shown
    set_ = await run.json("docs", "readers", "bakery.md", "-c", "mixed", "--person", "member")
    assert [one["name"] for one in set_["principals"]] == ["member"]
    opened = await run("docs", "readers", "bakery.md", "-c", "mixed", "--everyone")
    assert opened.stdout == "Everyone in the tenant may read bakery.md.\n"
    (tmp_path / "plan.txt").write_text("A secret.")
    added = await run.json("docs", "add", str(tmp_path / "plan.txt"), "-c", "mixed", "--group", "crew", "--no-wait")
    assert added["items"][0]["outcome"] == "added"
    assert (await run.json("docs", "readers", "plan.txt", "-c", "mixed"))["restricted"] is True


async def test_everyone_and_somebody_contradict_each_other(run: Commands) -> None:
    failed = await run("docs", "readers", "bakery.md", "-c", "mixed", "--everyone", "--group", "crew")
    assert isinstance(failed.exception, CommandFailed)
    assert failed.exception.exit_code == ExitCode.USAGE
