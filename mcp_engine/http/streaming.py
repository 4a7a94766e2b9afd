"""Server-sent events (WHATWG HTML, section 9.2) whose early errors are still problem documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import structlog
from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mcp_engine.errors import EngineError
from mcp_engine.http.problems import error_response, problem_response

_log = structlog.get_logger(__name__)


class StreamEvent(BaseModel):
    """One event: its name, a JSON payload, and where to continue after it, for streams that can."""

    event: str
    data: dict[str, Any]
    id: str | None = None

    def encode(self) -> bytes:
        place = "" if self.id is None else f"id: {self.id}\n"
        return f"{place}event: {self.event}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n".encode()


async def event_stream(events: AsyncGenerator[StreamEvent, None]) -> StreamingResponse:
    """Answer with `events`, having waited for the first one.

    An error before the first event reaches the caller as an ordinary problem document with its
    status; a later one ends the stream with `event: error` and the same document. When the client
    goes away the generator is cancelled where it waits, once, and may still await what it tidies up.
    """
    source = _Source(events)
    try:
        first = await source.next()
    except BaseException:
        await source.close()
        raise
    return _EventStream(source, first)


class _EventStream(StreamingResponse):
    """Closes its source when the answer ends, however it ends: also before its first byte."""

    def __init__(self, source: _Source, first: StreamEvent | None) -> None:
        super().__init__(
            self._body(first),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.close()

    async def _body(self, first: StreamEvent | None) -> AsyncGenerator[bytes]:
        event = first
        try:
            while event is not None:
                yield event.encode()
                event = await self._source.next()
        except EngineError as error:
            yield _error_event(error_response(error).body)
        except Exception as error:  # noqa: BLE001 - the status line is out: the stream itself must say it
            _log.error("stream_failed", exc_info=error)
            yield _error_event(
                problem_response(500, "engine.fault", "The engine failed in the middle of the answer.").body
            )


class _Source:
    """Runs a generator in one task of its own, at most two events ahead of who reads them.

    One task, because the route reads the first event and the response the others: context
    variables and timeouts that live across a `yield` need the same task on both sides. Its own,
    because the response's cancel scope cancels every further `await` inside it, and so would cut
    off the generator's tidying up.
    """

    def __init__(self, events: AsyncGenerator[StreamEvent, None]) -> None:
        self._events = events
        self._ready: asyncio.Queue[StreamEvent | Exception | None] = asyncio.Queue(maxsize=1)
        self._task = asyncio.create_task(self._run())

    async def next(self) -> StreamEvent | None:
        """Return the next event, None after the last, or raise what the generator raised."""
        item = await self._ready.get()
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """Cancel the generator unless it has ended, and wait until it is through."""
        self._task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([self._task])
        if not self._task.cancelled() and (error := self._task.exception()):
            _log.error("stream_tidying_failed", exc_info=error)

    async def _run(self) -> None:
        try:
            async for event in self._events:
                await self._ready.put(event)
        except Exception as error:  # noqa: BLE001 - raised again where the events are read
            await self._ready.put(error)
        else:
            await self._ready.put(None)
        finally:
            await self._events.aclose()


def _error_event(problem: bytes | memoryview) -> bytes:
    return b"event: error\ndata: " + bytes(problem) + b"\n\n"
