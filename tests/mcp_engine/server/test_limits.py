"""Whose bodies are read, and how far."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mcp_engine.access import Authenticator
from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url
from mcp_engine.identity.service import IdentityService, KeyRequest
from mcp_engine.secrets import Secrets
from mcp_engine.server.app import create_app
from mcp_engine.server.limits import ANYBODYS_BYTES, MULTIPART_OVERHEAD_BYTES
from mcp_engine.services import Services
from tests.access_objects import World, make_world
from tests.conftest import APP_PASSWORD, copy_template

PIECE = b"x" * 65_536
MAX_REQUEST, MAX_UPLOAD = 200_000, 600_000
UPLOAD = "/api/v1/collections/c/documents"
FORM = "multipart/form-data; boundary=b"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    folder = Path(tmp_path_factory.mktemp("limits"))
    database = Database(app_url(copy_template(postgres, migrated_template), APP_PASSWORD))
    settings = Settings(
        home=folder / "home", state_home=folder / "state", max_request_bytes=MAX_REQUEST, max_upload_bytes=MAX_UPLOAD
    )
    world = await make_world(database, settings)
    yield world
    await world.anonymous.aclose()
    await database.close()


class Sender:
    """One request whose body is sent in pieces, and how much of it the server took."""

    def __init__(self, services: Services) -> None:
        self._app = create_app(services, services.get(Settings), installed_components())
        self.taken = 0

    async def send(
        self, path: str, *, key: str | None, size: int, media_type: str = "application/json", declared: bool = False
    ) -> tuple[int, str]:
        """Return the status and the problem's code."""
        headers = [(b"host", b"127.0.0.1"), (b"content-type", media_type.encode())]
        headers += [(b"authorization", f"Bearer {key}".encode())] if key else []
        headers += [(b"content-length", str(size).encode())] if declared else []
        answer: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            piece = PIECE[: size - self.taken]
            self.taken += len(piece)
            return {"type": "http.request", "body": piece, "more_body": self.taken < size}

        async def send(message: dict[str, Any]) -> None:
            answer.append(message)

        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "scheme": "http", "http_version": "1.1", "root_path": "",
        }  # fmt: skip
        await self._app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in answer[1:])
        return answer[0]["status"], json.loads(body)["code"]


@pytest.mark.parametrize("media_type", ["application/json", FORM])
@pytest.mark.parametrize("path", [UPLOAD, "/api/v1/prompts", "/api/v1/instance/restore"])
async def test_nothing_is_read_from_an_anonymous_caller(world: World, path: str, media_type: str) -> None:
    sender = Sender(world.services)
    answer = await sender.send(path, key=None, size=10**9, media_type=media_type)
    assert (answer, sender.taken) == ((401, "access.no_credential"), 0)


async def test_nothing_is_read_under_a_wrong_credential_or_without_the_scope(world: World) -> None:
    sender = Sender(world.services)
    assert await sender.send(UPLOAD, key="mce_nonsense", size=10**9) == (401, "access.invalid_credential")
    narrow = await world.key_with([])
    assert await sender.send(UPLOAD, key=narrow, size=10**9) == (403, "access.scope_missing")
    assert sender.taken == 0


async def test_signing_in_takes_a_small_body_only(world: World) -> None:
    sender = Sender(world.services)
    assert await sender.send("/api/v1/sessions", key=None, size=10**9) == (413, "request.too_large")
    assert sender.taken <= ANYBODYS_BYTES + len(PIECE)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_form_is_no_way_around_the_limit_of_other_routes(world: World, declared: bool) -> None:
    sender = Sender(world.services)
    answer = await sender.send(
        "/api/v1/prompts", key=world.owner_key, size=MAX_REQUEST + 1, media_type=FORM, declared=declared
    )
    assert answer == (413, "request.too_large")
    assert sender.taken <= (0 if declared else MAX_REQUEST + len(PIECE))


async def test_an_upload_may_be_longer_and_has_its_own_limit(world: World) -> None:
    content = b"x" * (MAX_UPLOAD - 1)
    accepted = await world.as_owner("POST", UPLOAD, files={"file": ("a.txt", content, "text/plain")})
    assert accepted.status_code == 202, accepted.text
    size = MAX_UPLOAD + MULTIPART_OVERHEAD_BYTES + 1
    answer = await Sender(world.services).send(UPLOAD, key=world.owner_key, size=size, media_type=FORM, declared=True)
    assert answer == (413, "request.too_large")


async def test_a_request_with_a_body_counts_once_against_its_keys_limit(world: World) -> None:
    identity = world.services.get(IdentityService)
    request = KeyRequest(world.owner.principal_id, "slow", requests_per_second=0.01, burst=2)
    key = (await identity.create_key(world.owner, request))[1]
    statuses = [
        (await world.send(key, "POST", "/api/v1/namespaces", json={"name": f"n{number}"})).status_code
        for number in range(3)
    ]
    assert statuses == [201, 201, 429]


async def test_a_database_that_does_not_answer_is_no_fault_of_the_body(world: World) -> None:
    unreachable = Database("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    known = world.services.get(IdentityService)
    services = Services()
    services.add(world.services.get(Settings))
    services.add(IdentityService(unreachable, world.services.get(Secrets), known.permissions), provides=Authenticator)
    sender = Sender(services)
    answer = await sender.send("/api/v1/prompts", key=world.owner_key, size=10**9)
    assert (answer, sender.taken) == ((503, "database.unavailable"), 0)
