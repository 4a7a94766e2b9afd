"""How far a store is behind, and bringing everything over: service, REST and commands."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from mcp_engine.access import Authenticator, Caller
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.http.problems import install_handlers
from mcp_engine.jobs.service import JobService
from mcp_engine.services import Services
from rag.component import component
from rag.stores.configured import configured_store
from rag.stores.postgresql import POSTGRESQL
from rag.stores.routes import router
from rag.stores.service import StoreService
from rag.stores.weaviate.store import WeaviateStore
from tests.commands import Commands, listening
from tests.rag.conftest import Doorman
from tests.rag.stores.conftest import held
from tests.rag.stores.recorded import Collected, Piece, unit
from tests.rag.stores.weaviate_stand_in.server import StandIn


@pytest.fixture
def service(database: Database, weaviate: WeaviateStore) -> StoreService:
    return StoreService(database, JobService(database), weaviate)


async def test_everything_searched_is_noted_once_and_the_log_says_so(
    service: StoreService, database: Database, weaviate: WeaviateStore, caller: Caller
) -> None:
    docs = await Collected.make(database, weaviate, caller)
    versions = [await docs.add([Piece(unit(1))], told=False) for _ in range(3)]
    await docs.remove(versions[0], told=False)
    first, second = await service.reindex(caller), await service.reindex(caller)
    assert (first.versions, second.versions) == (2, 2)
    assert first.job_id == second.job_id
    assert (await service.status(caller)).waiting == 2
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        facts = await work.session.scalars(text("SELECT facts FROM audit_entry WHERE kind = 'store.reindexed'"))
        assert {"store": "weaviate", "versions": 2, "emptied": False} in list(facts)


async def test_emptying_removes_what_the_record_does_not_know(
    service: StoreService, database: Database, weaviate: WeaviateStore, caller: Caller, server: StandIn
) -> None:
    docs = await Collected.make(database, weaviate, caller)
    version = await docs.add([Piece(unit(1))])
    await docs.remove(version, told=False)
    assert len(held(server, caller)) == 1
    assert (await service.reindex(caller, empty_first=True)).versions == 0
    assert held(server, caller) == []


async def test_postgresql_needs_nothing_brought_over(database: Database, caller: Caller) -> None:
    with pytest.raises(Conflict) as caught:
        await StoreService(database, JobService(database), POSTGRESQL).reindex(caller)
    assert caught.value.code == "store.none"


@pytest.fixture
def app(service: StoreService, doorman: Doorman) -> FastAPI:
    app, services = FastAPI(), Services()
    services.add(doorman, provides=Authenticator)
    services.add(service)
    app.state.services = services
    install_handlers(app)
    app.include_router(router, prefix="/api/v1")
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="key")


async def test_commands(run: Commands, database: Database, weaviate: WeaviateStore, caller: Caller) -> None:
    assert (await run("docs", "store")).stdout == "weaviate: up to date\n"
    docs = await Collected.make(database, weaviate, caller)
    await docs.add([Piece(unit(1))], told=False)
    assert (await run("docs", "reindex-store")).stdout.startswith("1 versions are brought over by job ")
    assert (await run("docs", "store")).stdout.startswith("weaviate: 1 versions wait since 20")
    begun = await run.json("docs", "reindex-store", "--empty-first")
    assert begun["versions"] == 1


async def test_rest(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/vector-store")).json()["name"] == "weaviate"
    assert (await client.post("/api/v1/vector-store/reindex", json={})).status_code == 202
    assert (await client.post("/api/v1/vector-store/reindex", json={"empty_first": 3})).status_code == 422


def test_settings_choose_the_store_and_hide_the_key() -> None:
    assert configured_store(Settings()) is POSTGRESQL
    settings = Settings(
        vector_store="weaviate", weaviate_url="http://weaviate:8080/", weaviate_api_key=SecretStr("key-77aa")
    )
    store = configured_store(settings)
    assert (store.name, store.follows) == ("weaviate", True)
    assert isinstance(store, WeaviateStore)
    assert (store._options.url, store._options.collection) == ("http://weaviate:8080", "McpEngineChunk")
    assert "key-77aa" not in f"{settings!r} {store._options!r} {settings.model_dump()}"
    with pytest.raises(InvalidInput) as caught:
        configured_store(Settings(vector_store="weaviate"))
    assert caught.value.code == "store.address_missing"
    with pytest.raises(ValueError, match="weaviate_url"):
        Settings(weaviate_url="http://user:password@weaviate:8080")


def test_the_client_is_imported_only_where_it_is_asked() -> None:
    """Importing it takes almost two seconds, which nobody pays who has no such server."""
    for path in (Path(__file__).parents[3] / "rag").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {"weaviate", "grpc"} & {name.split(".")[0] for name in names}, path
