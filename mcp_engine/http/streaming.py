"""Server-sent events (WHATWG HTML, section 9.2) whose early errors are still problem documents."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import structlog
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from mcp_engine.errors import EngineError
from mcp_engine.http.problems import error_response, problem_response

_log = structlog.get_logger(__name__)
_END = object()


class StreamEvent(BaseModel):
    """One event: its name, and a JSON payload."""

    event: str
    data: dict[str, Any]

    def encode(self) -> bytes:
        return f"event: {self.event}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n".encode()


async def event_stream(events: AsyncGenerator[StreamEvent, None]) -> StreamingResponse:
    """Answer with `events`, having waited for the first one.

    An error before the first event reaches the caller as an ordinary problem document with its
    status; a later one ends the stream with `event: error` and the same document. When the client
    goes away the generator is closed, which cancels the work behind it.
    """
    first: object = await anext(events, _END)

    async def body() -> AsyncIterator[bytes]:
        try:
            if isinstance(first, StreamEvent):
                yield first.encode()
            async for event in events:
                yield event.encode()
        except EngineError as error:
            yield _error_event(error_response(error).body)
        except Exception as error:  # noqa: BLE001 - the status line is out: the stream itself must say it
            _log.error("stream_failed", exc_info=error)
            yield _error_event(
                problem_response(500, "engine.fault", "The engine failed in the middle of the answer.").body
            )
        finally:
            await events.aclose()

    return StreamingResponse(
        body(), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


def _error_event(problem: bytes | memoryview) -> bytes:
    return b"event: error\ndata: " + bytes(problem) + b"\n\n"
