"""Fixtures shared by all tests: a real PostgreSQL cluster, databases from a migrated template, tenants."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings
from sqlalchemy import make_url, text

from mcp_engine.access import Caller
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url, upgrade
from mcp_engine.identifiers import new_id
from mcp_engine.server.database import migration_sources

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# One OpenMP thread a model process: spinning threads on a shared machine cost more than they give.
os.environ.setdefault("MCP_ENGINE_MODEL_THREADS", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

OWNER_PASSWORD = "owner-password-of-the-tests"
APP_PASSWORD = "app-password-of-the-tests"
TEMPLATE = "engine_template"
ALL_SCOPES = frozenset(
    "prompts:read prompts:write prompts:run artifacts:read artifacts:write labels:write labels:override "
    "gates:read gates:write gates:request gates:approve "
    "datasets:read datasets:write evaluations:read evaluations:label evaluations:run "
    "experiments:read experiments:write experiments:expose "
    "executions:read executions:write feedback:give audit:read logs:read identity:read "
    "identity:write providers:read providers:write jobs:read jobs:write capabilities:read capabilities:call "
    "instance:operate documents:read documents:write ask".split()
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A cluster of its own; the folder is open to others because root's PostgreSQL runs as another account."""
    folder = Path(tempfile.mkdtemp(prefix="mcp-engine-tests-"))
    folder.chmod(0o755)
    cluster = EmbeddedPostgres(folder / "pg", OWNER_PASSWORD)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(postgres: EmbeddedPostgres) -> str:
    """The name of a fully migrated database that nobody connects to, to copy from."""
    upgrade(postgres.url(database=TEMPLATE), APP_PASSWORD, migration_sources())
    return TEMPLATE


def copy_template(postgres: EmbeddedPostgres, template: str) -> str:
    """Make a database from the template; return its owner URL (driver psycopg)."""
    name = f"t{new_id().hex}"
    with psycopg.connect(plain_url(postgres.url(database="postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return postgres.url(database=name)


def plain_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def owner_url(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """Owner (superuser) URL of the database that `database` uses."""
    return copy_template(postgres, migrated_template)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(owner_url: str) -> AsyncIterator[Database]:
    """One database for all tests: they are isolated as customers are, by tenant."""
    database = Database(app_url(owner_url, APP_PASSWORD))
    yield database
    await database.close()


@pytest.fixture
def fresh_owner_url(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """Owner URL of a database of the test's own, for tests of global things (audit log, workers)."""
    return copy_template(postgres, migrated_template)


@pytest_asyncio.fixture(loop_scope="session")
async def fresh_database(fresh_owner_url: str) -> AsyncIterator[Database]:
    database = Database(app_url(fresh_owner_url, APP_PASSWORD))
    yield database
    await database.close()


MakeTenant = Callable[[Database], Awaitable[Caller]]


async def make_tenant(database: Database) -> Caller:
    """Insert a tenant with a person who holds every scope, and the namespace `default`."""
    tenant_id, principal_id = new_id(), new_id()
    async with database.global_work() as session:
        await session.execute(
            text("INSERT INTO tenant (id, name) VALUES (:id, :name)"), {"id": tenant_id, "name": tenant_id.hex}
        )
    async with database.unit_of_work(tenant_id, principal_id) as work:
        await work.session.execute(
            text("INSERT INTO namespace (tenant_id, name) VALUES (:tenant_id, 'default')"), {"tenant_id": tenant_id}
        )
        await work.session.execute(
            text("INSERT INTO principal (tenant_id, id, kind, name, role) VALUES (:t, :p, 'person', 'owner', 'owner')"),
            {"t": tenant_id, "p": principal_id},
        )
    return caller_of(tenant_id, principal_id)


def caller_of(tenant_id: UUID, principal_id: UUID, scopes: frozenset[str] = ALL_SCOPES) -> Caller:
    return Caller(tenant_id, principal_id, "person", scopes, credential_id=new_id())


@pytest_asyncio.fixture(loop_scope="session")
async def caller(database: Database) -> Caller:
    """A fresh tenant's owner in the shared database."""
    return await make_tenant(database)
