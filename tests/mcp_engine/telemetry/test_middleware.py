"""What happens around every request."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import APIRouter, FastAPI
from starlette.responses import StreamingResponse

from mcp_engine.access import Authenticator, Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotSignedIn
from mcp_engine.http.dependencies import authorised
from mcp_engine.http.problems import install_handlers
from mcp_engine.services import Services
from mcp_engine.telemetry.metrics import REGISTRY
from mcp_engine.telemetry.middleware import RequestTelemetry
from mcp_engine.telemetry.store import SpanStore
from mcp_engine.telemetry.tracing import current_trace_id, span, tracer
from tests.mcp_engine.telemetry.conftest import stored_spans

WATCHED_SECONDS = 0.2
TRACER = tracer(__name__)
TRACE_ID, PARENT_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{PARENT_ID}-00"


class OneKey:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def authenticate(self, credential: str) -> Caller:
        if credential != "key":
            raise NotSignedIn("access.invalid_credential", "No.")
        return self._caller


def build_app(caller: Caller) -> FastAPI:
    router = APIRouter(prefix="/things")

    @router.get("/{thing_id}")
    async def show(thing_id: str, who: Annotated[Caller, authorised("prompts:read")]) -> dict[str, Any]:
        with span(TRACER, "inside"):
            context = structlog.contextvars.get_contextvars()
            return {"trace_id": current_trace_id(), "request_id": context["request_id"]}

    @router.get("/{thing_id}/broken")
    async def broken(thing_id: str) -> None:
        raise RuntimeError("a fault")

    @router.get("/{thing_id}/stream")
    async def stream(thing_id: str) -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            for piece in (b"one ", b"two ", b"three"):
                yield piece

        return StreamingResponse(body())

    @router.get("/{thing_id}/events")
    async def events(thing_id: str) -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"event: open\n\n"
            await asyncio.sleep(WATCHED_SECONDS)

        return StreamingResponse(body(), media_type="text/event-stream")

    app = FastAPI()
    app.state.services = Services()
    app.state.services.add(OneKey(caller), provides=Authenticator)
    app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    app.add_middleware(RequestTelemetry)
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def client(store: SpanStore, caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app(caller)), base_url="http://engine") as client:
        yield client


KEY = {"Authorization": "Bearer key"}


def counted(route: str, status: int) -> float:
    labels = {"method": "GET", "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("mcp_engine_http_requests_total", labels) or 0.0


@pytest.mark.parametrize("sent", ["r-1", "A.b_c-9", "x" * 128])
async def test_a_valid_request_id_is_kept(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/api/v1/things/1", headers={**KEY, "X-Request-ID": sent})
    assert answer.headers.get_list("X-Request-ID") == [sent]
    assert answer.json()["request_id"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "a b", "a\tb", "<script>", "-a"])
async def test_another_is_replaced(client: httpx.AsyncClient, sent: str | None) -> None:
    headers = KEY if sent is None else {**KEY, "X-Request-ID": sent}
    first = (await client.get("/api/v1/things/1", headers=headers)).headers["X-Request-ID"]
    second = (await client.get("/api/v1/things/1", headers=headers)).headers["X-Request-ID"]
    assert first not in (sent, second)
    assert len(first) == 32


async def test_a_trace_is_continued_and_belongs_to_the_caller(
    client: httpx.AsyncClient, store: SpanStore, database: Database, caller: Caller
) -> None:
    answer = await client.get("/api/v1/things/7", headers={**KEY, "traceparent": TRACEPARENT})
    assert answer.json()["trace_id"] == TRACE_ID, "also when the client did not sample it"
    await store.flush()
    server, inside = await stored_spans(database, caller, TRACE_ID)
    assert (server.name, server.kind, server.parent_span_id) == ("GET /api/v1/things/{thing_id}", "server", PARENT_ID)
    assert server.attributes["http.response.status_code"] == 200
    assert server.attributes["mcp_engine.principal.id"] == str(caller.principal_id)
    assert (inside.name, inside.parent_span_id) == ("inside", server.span_id)


async def test_requests_are_counted_by_template(client: httpx.AsyncClient) -> None:
    route = "/api/v1/things/{thing_id}"
    before = counted(route, 200), counted(route, 401), counted("(none)", 404)
    for number in range(3):
        await client.get(f"/api/v1/things/{number}", headers=KEY)
    await client.get("/api/v1/things/1")
    await client.get("/nowhere/at/all")
    after = counted(route, 200), counted(route, 401), counted("(none)", 404)
    assert tuple(now - then for now, then in zip(after, before, strict=True)) == (3, 1, 1)


def seconds_counted(route: str) -> float:
    labels = {"method": "GET", "route": route}
    return REGISTRY.get_sample_value("mcp_engine_http_request_seconds_sum", labels) or 0.0


async def test_how_long_an_event_stream_is_watched_is_no_latency(client: httpx.AsyncClient) -> None:
    route = "/api/v1/things/{thing_id}/events"
    began = time.perf_counter()
    await client.get("/api/v1/things/1/events", headers=KEY)
    elapsed = time.perf_counter() - began
    assert counted(route, 200) == 1
    assert seconds_counted(route) < elapsed - WATCHED_SECONDS + 0.05


async def test_a_fault_is_a_problem_document_with_the_request_id(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/api/v1/things/1/broken", headers={"X-Request-ID": "r-9"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == "r-9"
    assert (answer.json()["code"], answer.json()["request_id"]) == ("engine.fault", "r-9")
    assert "a fault" not in answer.text


async def test_one_line_a_request_with_the_template_and_no_query(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/api/v1/things/1?token=abc", headers=KEY)
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["route"], line["path"], line["status"]) == (
        "/api/v1/things/{thing_id}", "/api/v1/things/1", 200,
    )  # fmt: skip
    assert "abc" not in json.dumps(line)


@pytest.mark.parametrize(("said", "logged"), [("dashboard", "dashboard"), ("a\tb", None), ("", None), ("x" * 33, None)])
async def test_the_line_names_the_client_that_says_what_it_is(
    client: httpx.AsyncClient, said: str, logged: str | None
) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/api/v1/things/1", headers={**KEY, "X-MCP-Engine-Client": said})
    [line] = [line for line in lines if line["event"] == "request"]
    assert line.get("client") == logged


async def test_a_stream_passes_piece_by_piece(caller: Caller) -> None:
    sent: list[dict[str, Any]] = []
    await build_app(caller)(_scope("/api/v1/things/1/stream"), _never, _append_to(sent))
    bodies = [message["body"] for message in sent if message["type"] == "http.response.body"]
    assert bodies == [b"one ", b"two ", b"three", b""]
    assert dict(sent[0]["headers"])[b"x-request-id"]


async def test_a_request_whose_client_goes_away_counts_as_499() -> None:
    reached = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    before = counted("(none)", 499)
    task = asyncio.create_task(RequestTelemetry(app)(_scope("/x"), _never, _append_to([])))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert counted("(none)", 499) - before == 1


async def test_a_fault_in_the_middle_of_an_answer_breaks_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("late")

    with pytest.raises(RuntimeError, match="late"):
        await RequestTelemetry(app)(_scope("/x"), _never, _append_to([]))


def _scope(path: str) -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("engine", 80),
    }  # fmt: skip


async def _never() -> Any:
    await asyncio.Event().wait()


def _append_to(sent: list[dict[str, Any]]) -> Any:
    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    return send
