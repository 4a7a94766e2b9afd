"""Server-sent events: early errors are problems, late ones are events, and nothing outlives its reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from starlette.types import Message, Scope

from mcp_engine.errors import Conflict
from mcp_engine.http.problems import install_handlers
from mcp_engine.http.streaming import StreamEvent, event_stream

Events = AsyncGenerator[StreamEvent, None]


async def answer(events: Events) -> httpx.Response:
    app = FastAPI()
    install_handlers(app)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return await event_stream(events)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        return await client.get("/stream")


def parsed(text: str) -> list[tuple[str, dict[str, Any]]]:
    events: list[tuple[str, dict[str, Any]]] = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def token(text: str) -> StreamEvent:
    return StreamEvent(event="token", data={"text": text})


async def test_events_arrive_in_order_whatever_they_hold() -> None:
    texts = ["Hello", "two\nlines\r\n\r\nevent: forged", "\u2028 🦊 \x00"]

    async def events() -> Events:
        for text in texts:
            yield token(text)

    response = await answer(events())
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["Cache-Control"] == "no-store"
    assert parsed(response.text) == [("token", {"text": text}) for text in texts]


async def test_a_stream_without_events_is_empty() -> None:
    async def events() -> Events:
        for text in ():
            yield token(text)

    response = await answer(events())
    assert (response.status_code, response.text) == (200, "")


async def test_an_error_before_the_first_event_is_a_problem_document() -> None:
    async def events() -> Events:
        raise Conflict("thing.busy", "Busy.")
        yield token("never")

    response = await answer(events())
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "thing.busy"


async def test_a_later_error_is_the_last_event() -> None:
    async def events() -> Events:
        yield token("a")
        raise Conflict("thing.busy", "Busy.")

    response = await answer(events())
    assert response.status_code == 200
    (first, _), (last, problem) = parsed(response.text)
    assert (first, last, problem["code"], problem["status"]) == ("token", "error", "thing.busy", 409)


async def test_an_unexpected_late_failure_shows_no_trace() -> None:
    async def events() -> Events:
        yield token("a")
        raise RuntimeError("a secret")

    response = await answer(events())
    assert parsed(response.text)[-1][1]["code"] == "engine.fault"
    assert "a secret" not in response.text
    assert "Traceback" not in response.text


class Work:
    """A generator's work: endless after its first event, and it records how it ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.waiting = asyncio.Event()

    async def events(self) -> Events:
        try:
            yield token("first")
            self.waiting.set()
            await asyncio.Event().wait()
            yield token("never")
        except BaseException as error:
            self.ended.append(type(error).__name__)
            await asyncio.sleep(0)  # tidying up takes time, and must get it
            self.ended.append("tidied up")
            raise


def scope(spec_version: str) -> Scope:
    return {"type": "http", "asgi": {"version": "3.0", "spec_version": spec_version}, "method": "GET", "headers": []}


async def test_the_work_stops_when_the_client_goes_away_while_waiting() -> None:
    work = Work()
    response = await event_stream(work.events())

    async def receive() -> Message:
        await work.waiting.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    await response(scope("2.3"), receive, send)
    assert work.ended == ["CancelledError", "tidied up"]


@pytest.mark.parametrize("lost_at", ["http.response.start", "http.response.body"])
async def test_the_work_stops_when_sending_fails(lost_at: str) -> None:
    work = Work()
    response = await event_stream(work.events())

    async def receive() -> Message:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: Message) -> None:
        if message["type"] == lost_at:
            raise OSError("connection lost")

    with pytest.raises(Exception):  # noqa: B017, PT011 - the server's own word for a lost connection
        await response(scope("2.4"), receive, send)
    assert work.ended == ["CancelledError", "tidied up"]


async def test_the_work_stops_when_the_request_is_cancelled() -> None:
    work = Work()
    response = await event_stream(work.events())

    async def receive() -> Message:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    sent = asyncio.Event()

    async def send(message: Message) -> None:
        sent.set()

    serving = asyncio.create_task(response(scope("2.3"), receive, send))
    await sent.wait()
    await work.waiting.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert work.ended == ["CancelledError", "tidied up"]


async def test_the_work_stops_when_the_request_is_cancelled_before_the_first_event() -> None:
    ended = asyncio.Event()
    began = asyncio.Event()

    async def events() -> Events:
        try:
            began.set()
            await asyncio.Event().wait()
            yield token("never")
        finally:
            ended.set()

    serving = asyncio.create_task(event_stream(events()))
    await began.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert ended.is_set()


async def test_the_generator_runs_in_one_task_so_that_its_context_holds() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def events() -> Events:
        reset = variable.set("set")
        async with asyncio.timeout(60):
            yield token(variable.get())
            yield token(variable.get())
        variable.reset(reset)
        yield token(variable.get())

    response = await answer(events())
    assert [data["text"] for _, data in parsed(response.text)] == ["set", "set", "unset"]


async def test_a_slow_reader_slows_the_work_down() -> None:
    made: list[int] = []

    async def events() -> Events:
        for number in range(100):
            made.append(number)
            yield token(str(number))

    response = await event_stream(events())
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(made) <= 3

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    await response(scope("2.3"), receive, send)
