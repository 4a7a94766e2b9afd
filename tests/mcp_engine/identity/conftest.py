"""An identity service on the shared database with clocks that tests turn, and its routes over ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Permission
from mcp_engine.database.engine import Database
from mcp_engine.http.problems import install_handlers
from mcp_engine.identifiers import new_id
from mcp_engine.identity.permissions import PermissionRegistry
from mcp_engine.identity.routes import router
from mcp_engine.identity.service import IdentityService, OwnerKey
from mcp_engine.secrets import Secrets
from mcp_engine.services import Services
from tests.conftest import caller_of


@dataclass
class Clock:
    """Wall clock and monotonic clock in one, standing still until a test moves it."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 1000.0

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def engine_secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    return Secrets.load(Path(tmp_path_factory.mktemp("secrets")))


CONTRIBUTED = (
    Permission("documents:read", "Read documents."),
    Permission("documents:write", "Change documents."),
    Permission("ask", "Ask questions."),
)


@pytest.fixture
def identity(database: Database, engine_secrets: Secrets, clock: Clock) -> IdentityService:
    registry = PermissionRegistry(CONTRIBUTED)
    return IdentityService(database, engine_secrets, registry, now=lambda: clock.now, clock=lambda: clock.seconds)


async def new_owner(identity: IdentityService) -> OwnerKey:
    """Make a tenant as an operator would."""
    operator = caller_of(new_id(), new_id())
    return await identity.create_tenant(operator, f"tenant-{new_id().hex}")


@pytest_asyncio.fixture(loop_scope="session")
async def owner(identity: IdentityService) -> OwnerKey:
    return await new_owner(identity)


@pytest.fixture
def app(identity: IdentityService) -> FastAPI:
    app = FastAPI()
    services = Services()
    services.add(identity)
    services.add(identity, provides=Authenticator)
    app.state.services = services
    app.include_router(router)
    install_handlers(app)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def api(app: FastAPI, owner: OwnerKey) -> AsyncIterator[httpx.AsyncClient]:
    """The REST API as the owner of a fresh tenant."""
    headers = bearer(owner.api_key)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://engine", headers=headers
    ) as client:
        yield client


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}
