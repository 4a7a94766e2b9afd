"""A small application with one route for each way that a request can go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from mcp_engine.access import Authenticator, Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, NotSignedIn, SlowDown, TryLater
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.problems import install_handlers
from mcp_engine.identifiers import new_id
from mcp_engine.services import Services
from tests.conftest import caller_of

SECRET = "a secret in a local variable"


class OneCredential:
    """Knows the credential `good`, which carries `things:read`."""

    async def authenticate(self, credential: str) -> Caller:
        if credential != "good":
            raise NotSignedIn("access.invalid_credential", "This credential does not work.")
        return caller_of(new_id(), new_id(), frozenset({"things:read"}))


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int


@pytest.fixture
def app(database: Database) -> FastAPI:
    app = FastAPI()
    app.state.services = Services()
    app.state.services.add(OneCredential(), provides=Authenticator)
    app.state.services.add(database)
    install_handlers(app)

    @app.get("/conflict")
    async def conflict() -> None:
        raise Conflict("thing.exists", "It exists.", details={"name": "x", "status": "overwritten?"})

    @app.get("/slow")
    async def slow() -> None:
        raise SlowDown("access.rate_limited", "Wait.", retry_after_seconds=1.2)

    @app.get("/later")
    async def later() -> None:
        raise TryLater("model.starting", "Wait.", retry_after_seconds=0.01)

    @app.get("/fault")
    async def fault() -> None:
        password = SECRET
        raise RuntimeError(f"{password} in a message")

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(499, "gone", headers={"X-Reason": "tea"})

    @app.post("/things")
    async def make_thing(body: Thing) -> Thing:
        return body

    @app.get("/read")
    async def read(caller: Annotated[Caller, authorised("things:read")]) -> str:
        return str(caller.tenant_id)

    @app.get("/write")
    async def write(caller: Annotated[Caller, authorised("things:write")]) -> str:
        return str(caller.tenant_id)

    @app.get("/any")
    async def any_caller(caller: Annotated[Caller, authorised(None)]) -> str:
        return str(caller.tenant_id)

    @app.get("/find")
    async def find(name: str, database: Annotated[Database, service(Database)]) -> bool:
        async with database.global_work() as session:
            found = await session.execute(text("SELECT 1 FROM tenant WHERE name = :name"), {"name": name})
            return found.scalar() is not None

    return app


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        yield client
