"""A walk over every route: who is let in, and what another tenant sees of an object (nothing).

New routes are covered as they appear. A route that is open to anybody or asks for no scope must be
named here, and a path with a new kind of object needs a maker in `access_objects`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url
from mcp_engine.identity.service import IdentityService
from mcp_engine.server.app import create_app
from mcp_engine.services import Services
from tests.access_objects import World, make_objects, make_world
from tests.conftest import APP_PASSWORD, copy_template
from tests.openapi_requests import Json, Operation, operations_of

PUBLIC = {
    "GET /healthz",
    "GET /readyz",
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/refresh",
}
DOCUMENTATION = {"/openapi.json"}
FOR_EVERY_CALLER = {
    "GET /api/v1/me",
    "GET /api/v1/permissions",
    "GET /api/v1/namespaces",
    "POST /api/v1/sessions/link",
    "DELETE /api/v1/sessions",
}
SHARED_OBJECTS = {
    "GET /api/v1/artifacts/{kind}": "a kind is code, the same for every tenant",
    "POST /api/v1/capabilities/{name}": "a capability is code, the same for every tenant",
}
OWN_OBJECTS: dict[str, Json] = {
    "POST /api/v1/artifacts/{kind}/{name}": {"json": {"body": {"template": "Another hello"}}},
    "POST /api/v1/collections/{collection}/documents": {"files": {"file": ("a.txt", b"Another text.", "text/plain")}},
    "POST /api/v1/collections/{collection}/sources": {
        "json": {"name": "it", "kind": "url", "settings": {"urls": ["https://93.184.215.14/a.html"]}}
    },
}
"""Requests that make an object of the name in the path, for who asks."""
STRANGER_ONLY = {
    "POST /api/v1/prompts/{name}/run": "no model runs here",
    "GET /api/v1/jobs/{job_id}/events": "nothing runs the job, so its stream would not end",
}

APP = create_app(Services(), Settings(), installed_components())
OPERATIONS = operations_of(APP.openapi())
GUARDED = [operation for operation in OPERATIONS if str(operation) not in PUBLIC]
SCOPED = [operation for operation in GUARDED if str(operation) not in FOR_EVERY_CALLER]
ADDRESSED = [
    operation
    for operation in OPERATIONS
    if operation.parameters and str(operation) not in {*SHARED_OBJECTS, *OWN_OBJECTS}
]
MAKING = [operation for operation in OPERATIONS if str(operation) in OWN_OBJECTS]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    folder = Path(tmp_path_factory.mktemp("access"))
    database = Database(app_url(copy_template(postgres, migrated_template), APP_PASSWORD))
    settings = Settings(home=folder / "home", state_home=folder / "state")
    world = await make_world(database, settings)
    yield world
    await world.anonymous.aclose()
    await database.close()


def some_path(operation: Operation) -> str:
    """Return the operation's path with made-up objects: access is decided before anybody looks for them."""
    return operation.path.format_map(dict.fromkeys(operation.parameters, "00000000-0000-4000-8000-000000000000"))


def test_the_lists_above_name_routes_that_exist() -> None:
    assert {*PUBLIC, *FOR_EVERY_CALLER, *SHARED_OBJECTS, *OWN_OBJECTS, *STRANGER_ONLY} <= {
        str(operation) for operation in OPERATIONS
    }


def served() -> set[str]:
    """Return everything that the application answers, also what the OpenAPI document leaves out."""
    found = set[str]()
    for route in APP.routes:
        # FastAPI keeps an included router as one entry, which knows its routes under their full paths.
        contexts = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
        for context in contexts:
            methods = getattr(context, "methods", None) or {"MOUNT"}
            found |= {f"{method} {context.path}" for method in methods if method != "HEAD"}
    return found


def test_nothing_is_served_beside_the_openapi_document_but_the_documentation() -> None:
    assert served() - {str(operation) for operation in OPERATIONS} == {f"GET {path}" for path in DOCUMENTATION}


def test_the_walk_sees_the_routes_as_they_are_served() -> None:
    assert {str(operation) for operation in OPERATIONS} <= served()


@pytest.mark.parametrize("operation", GUARDED, ids=str)
async def test_anonymous_callers_are_refused(world: World, operation: Operation) -> None:
    response = await world.anonymous.request(operation.method, some_path(operation))
    assert (response.status_code, response.json()["code"]) == (401, "access.no_credential")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", GUARDED, ids=str)
async def test_a_credential_of_nobody_is_refused(world: World, operation: Operation) -> None:
    response = await world.send("mce_nonsense", operation.method, some_path(operation))
    assert (response.status_code, response.json()["code"]) == (401, "access.invalid_credential")


@pytest.mark.parametrize("operation", SCOPED, ids=str)
async def test_a_key_without_the_scope_is_refused(world: World, operation: Operation) -> None:
    bare = await world.send(await world.key_with([]), operation.method, some_path(operation))
    assert (bare.status_code, bare.json()["code"]) == (403, "access.scope_missing")
    scope = bare.json()["required_scope"]
    world.services.get(IdentityService).permissions.check_known([scope])
    nearly = await world.send(await world.key_without(scope), operation.method, some_path(operation))
    assert (nearly.status_code, nearly.json()["required_scope"]) == (403, scope)


@pytest.mark.parametrize("operation", ADDRESSED, ids=str)
async def test_another_tenants_object_does_not_exist(world: World, operation: Operation) -> None:
    path = operation.path.format_map(await make_objects(world, operation.path))
    foreign = await accepted(operation, lambda request: world.as_stranger(operation.method, path, **request))
    assert foreign.status_code == 404, foreign.text
    if str(operation) in STRANGER_ONLY:
        return
    own = await accepted(operation, lambda request: world.as_owner(operation.method, path, **request))
    # The owner may be told that an object is not ready, but not that it isn't there.
    assert own.status_code not in (401, 403, 405, 422, 500), own.text
    assert own.status_code != 404 or own.json()["code"] != foreign.json()["code"], own.text


@pytest.mark.parametrize("operation", MAKING, ids=str)
async def test_making_an_object_leaves_another_tenants_namesake_alone(world: World, operation: Operation) -> None:
    path = operation.path.format_map(await make_objects(world, operation.path))
    before = await world.as_owner("GET", path)
    made = await world.as_stranger(operation.method, path, **OWN_OBJECTS[str(operation)])
    assert made.status_code < 300, made.text
    after = await world.as_owner("GET", path)
    assert (after.status_code, after.json()) == (200, before.json())


async def accepted(operation: Operation, send: Callable[[Json], Awaitable[httpx.Response]]) -> httpx.Response:
    """Return the answer to the first made-up request that passes validation."""
    answer: httpx.Response | None = None
    for request in operation.requests():
        answer = await send(request)
        if answer.status_code not in (400, 422):
            break
    assert answer is not None
    return answer
