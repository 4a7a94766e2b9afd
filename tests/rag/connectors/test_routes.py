"""Sources over REST, and from the command line against the same routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.jobs.routes import router as jobs_router
from mcp_engine.jobs.service import JobService
from rag.component import component
from rag.connectors.routes import router
from rag.connectors.service import SourceService
from tests.commands import Commands, listening
from tests.conftest import make_tenant
from tests.rag.conftest import Doorman
from tests.rag.connectors.conftest import Library
from tests.rag.upkeep import rows

PATH = "/api/v1/collections/docs/sources"


@pytest.fixture
def app(app: FastAPI, library: Library) -> FastAPI:
    app.state.services.add(library.sources, provides=SourceService)
    app.state.services.add(JobService(library.database))
    for one in (router, jobs_router):
        app.include_router(one, prefix="/api/v1")
    return app


def wish(root: Path, **more: Any) -> dict[str, Any]:
    return {"name": "it", "kind": "folder", "settings": {"path": str(root)}, **more}


async def test_a_source_from_its_making_to_its_end(
    client: httpx.AsyncClient, library: Library, root: Path, doorman: Doorman
) -> None:
    (root / "a.md").write_text("A.")
    (root / "empty.md").write_text("")
    made = await client.post(PATH, json=wish(root, every_seconds=30))
    assert made.status_code == 201, made.text
    source = made.json()
    assert (source["last_run"]["state"], source["documents"], source["has_credential"]) == ("queued", 0, False)
    again = await client.post(PATH, json=wish(root))
    assert (again.status_code, again.json()["code"]) == (409, "source.exists")
    under_way = await client.post(f"/api/v1/sources/{source['id']}/runs")
    assert (under_way.status_code, under_way.json()["code"]) == (409, "source.under_way")
    await library.first(await library.sources.get(library.caller, source["id"]))
    shown = (await client.get(f"/api/v1/sources/{source['id']}")).json()
    assert (shown["documents"], shown["last_run"]["added"], shown["last_run"]["failed"]) == (1, 1, 1)
    [failed] = (await client.get(f"/api/v1/sources/{source['id']}/items", params={"outcome": "failed"})).json()["items"]
    assert (failed["name"], failed["error_code"]) == ("empty.md", "document.empty")
    [document] = (await client.get("/api/v1/collections/docs/documents")).json()["items"]
    assert document["source_id"] == source["id"]
    started = await client.post(f"/api/v1/sources/{source['id']}/runs")
    assert started.status_code == 202
    first = (await client.get(f"/api/v1/sources/{source['id']}/runs", params={"limit": 1})).json()
    assert first["items"][0]["id"] == started.json()["id"]
    rest = await client.get(f"/api/v1/sources/{source['id']}/runs", params={"cursor": first["next_cursor"]})
    assert len(rest.json()["items"]) == 1
    mine, doorman.caller = doorman.caller, await make_tenant(library.database)
    for path in ("", "/runs", "/items"):
        assert (await client.get(f"/api/v1/sources/{source['id']}{path}")).status_code == 404
    assert (await client.delete(f"/api/v1/sources/{source['id']}")).status_code == 404
    assert (await client.patch(f"/api/v1/sources/{source['id']}", json={"name": "mine"})).status_code == 404
    doorman.caller = mine
    gone = await client.delete(f"/api/v1/sources/{source['id']}", params={"documents": True})
    assert gone.json() == {"documents": 1}
    assert (await client.get(PATH)).json()["items"] == []


async def test_kinds_say_what_they_want(client: httpx.AsyncClient) -> None:
    kinds = {one["name"]: one for one in (await client.get("/api/v1/source-kinds")).json()["items"]}
    assert {"folder", "git", "url"} <= {*kinds}
    for kind in kinds.values():
        assert kind["place"] in kind["settings"]["properties"]
        assert kind["settings"]["additionalProperties"] is False


async def test_sources_are_listed_page_by_page(client: httpx.AsyncClient, root: Path) -> None:
    for name in ("b", "a", "c"):
        assert (await client.post(PATH, json=wish(root) | {"name": name})).status_code == 201
    first = (await client.get(PATH, params={"limit": 2})).json()
    rest = (await client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["name"] for one in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    for path in (PATH, f"/api/v1/sources/{first['items'][0]['id']}/items"):
        assert (await client.get(path, params={"cursor": "x"})).status_code == 422


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"kind": "floppy"}, 422, "source.kind_unknown"),
        ({"settings": {"path": "relative"}}, 422, "source.settings_invalid"),
        ({"settings": {"path": "/etc"}}, 403, "source.path_refused"),
        ({"prefix": "../"}, 422, "document.name_invalid"),
        ({"credential": "secret"}, 422, "source.no_credential"),
        ({"every_seconds": 1}, 422, "source.too_often"),
        ({"include": ["\0"]}, 422, None),
        ({"sooner": True}, 422, None),
    ],
)
async def test_what_is_wrong_is_said(
    client: httpx.AsyncClient, root: Path, change: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await client.post(PATH, json=wish(root) | change)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert "secret" not in answer.text


async def test_a_credential_is_sealed_and_never_shown(
    client: httpx.AsyncClient, library: Library, doorman: Doorman
) -> None:
    doorman.caller = replace(doorman.caller, scopes=frozenset({"documents:read", "documents:write"}))
    wanted = {"name": "code", "kind": "git", "settings": {"url": "https://93.184.215.14/x.git"}, "sync": False}
    made = await client.post(PATH, json=wanted | {"credential": "ghp_secret"})
    assert made.status_code == 201
    assert made.json()["has_credential"] is True
    assert "ghp_secret" not in made.text
    [stored] = await rows(library, library.caller, "SELECT sealed_credential, id FROM source")  # type: ignore[arg-type]
    assert b"ghp_secret" not in stored[0]
    assert library.seal.open(library.caller.tenant_id, stored[1], stored[0]) == "ghp_secret"
    await client.delete(f"/api/v1/sources/{made.json()['id']}")
    [left] = await rows(library, library.caller, "SELECT sealed_credential FROM source")  # type: ignore[arg-type]
    assert left[0] is None


@pytest.mark.parametrize(
    "change", [{"kind": "url"}, {"include": ["\0"]}, {"every_seconds": 0}, {"name": "two words"}, {"settings": []}]
)
async def test_a_change_that_no_source_takes_is_said(
    client: httpx.AsyncClient, root: Path, change: dict[str, Any]
) -> None:
    made = (await client.post(PATH, json=wish(root, sync=False))).json()
    answer = await client.patch(f"/api/v1/sources/{made['id']}", json=change)
    assert answer.status_code == 422
    assert (await client.get(f"/api/v1/sources/{made['id']}")).json() == made


@pytest_asyncio.fixture(loop_scope="session")
async def run(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Commands]:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    async with listening(app) as url:
        yield Commands(commands, url, monkeypatch, key="key")


async def test_a_source_from_the_shell(run: Commands, library: Library, root: Path) -> None:
    (root / "a.md").write_text("A.")
    (root / "b.txt").write_text("B.")
    (root / "empty.md").write_text("")
    arguments = ("docs", "source", "add", "hand", "folder", str(root), "-c", "docs", "--include", "*.md", "--no-wait")
    assert "last reading: queued" in (await run(*arguments)).stdout
    [source] = (await run.json("docs", "source", "list", "-c", "docs"))["items"]
    await library.first(await library.sources.get(library.caller, source["id"]))
    shown = (await run("docs", "source", "show", "hand", "-c", "docs")).stdout
    assert "1 added, 1 failed" in shown
    assert "empty.md: empty.md is empty" in shown
    (root / "empty.md").unlink()

    async def work() -> None:
        """Do what a worker would, once the command has asked for it."""
        while True:
            shown = (await library.sources.get(library.caller, source["id"])).last_run
            assert shown is not None
            if shown.state == "queued":
                await library.attempt(shown.id)
                await library.ended(shown)
                return
            await asyncio.sleep(0.05)

    synced, _ = await asyncio.gather(run("docs", "source", "sync", "hand", "-c", "docs"), work())
    assert "last reading: 1 unchanged" in synced.stdout
    removed = await run("docs", "source", "remove", "hand", "-c", "docs", "--documents")
    assert removed.stdout == "Removed the source hand and 1 documents.\n"
    assert "No sources" in (await run("docs", "source", "list", "-c", "docs")).stdout


async def test_a_source_gets_its_readers_from_the_shell(run: Commands, library: Library, root: Path) -> None:
    me = str(library.caller.principal_id)
    arguments = ("docs", "source", "add", "hand", "folder", str(root), "-c", "docs", "--person", me, "--no-wait")
    assert "only for: " in (await run(*arguments)).stdout
    [source] = (await run.json("docs", "source", "list", "-c", "docs"))["items"]
    assert [one["id"] for one in source["readers"]["principals"]] == [me]
    assert "only for" not in (await run("docs", "source", "edit", "hand", "-c", "docs", "--everyone")).stdout


async def test_a_source_is_changed_and_paused_from_the_shell(
    run: Commands, client: httpx.AsyncClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("docs", "source", "add", "hand", "folder", str(root), "-c", "docs", "--every", "60", "--no-wait")
    await run(*arguments, "--include", "*.md")
    for words, said in ((("pause", "hand"), "every 60 s, paused"), (("resume", "hand"), "every 60 s\n")):
        assert said in (await run("docs", "source", *words, "-c", "docs")).stdout
    changed = await run.json("docs", "source", "edit", "hand", "-c", "docs", "--every", "0", "--rename", "other")
    assert (changed["name"], changed["every_seconds"], changed["include"]) == ("other", None, ["*.md"])
    refused = await run("docs", "source", "edit", "other", "-c", "docs", "--include", "")
    assert isinstance(refused.exception, CommandFailed)
    assert "is being read already" in refused.exception.message
    nothing = await run("docs", "source", "edit", "other", "-c", "docs")
    assert isinstance(nothing.exception, CommandFailed)
    assert nothing.exception.exit_code is ExitCode.USAGE
    monkeypatch.setenv("TOKEN", "ghp_secret")
    git = ("docs", "source", "add", "code", "git", "https://93.184.215.14/x.git", "-c", "web", "--no-wait")
    job = (await run.json(*git))["last_run"]["job_id"]
    assert (await client.post(f"/api/v1/jobs/{job}/cancel")).status_code == 200
    edit = ("docs", "source", "edit", "code", "-c", "web")
    opened = await run.json(*edit, "--set", "ref=next", "--credential-env", "TOKEN", "--include", "*.md", "--keep-gone")
    assert (opened["settings"]["ref"], opened["has_credential"], opened["include"]) == ("next", True, ["*.md"])
    closed = await run.json(*edit, "--place", "https://93.184.215.15/y.git", "--no-credential", "--include", "")
    assert closed["settings"] == {"url": "https://93.184.215.15/y.git", "ref": "next"}
    assert (closed["has_credential"], closed["include"]) == (False, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x", "floppy", "/a"), "choose among folder, git"),
        (("x", "folder", "/a", "/b"), "name one"),
        (("x", "url", "http://a/", "--set", "nothing=1"), "KEY=VALUE with a key of: urls"),
        (("x", "url", "http://a/", "--set", "pause_seconds=soon"), "neither a number"),
        (("x", "git", "https://a/x", "--credential-env", "NOT_THERE"), "NOT_THERE is not set"),
    ],
)
async def test_wrong_usage_is_said(run: Commands, arguments: tuple[str, ...], said: str) -> None:
    result = await run("docs", "source", "add", *arguments)
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code is ExitCode.USAGE
    assert said in result.exception.message


async def test_a_source_that_is_none(run: Commands, root: Path, client: httpx.AsyncClient) -> None:
    await client.post(PATH, json=wish(root))
    result = await run("docs", "source", "show", "nothing", "-c", "docs")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code is ExitCode.REFUSED
