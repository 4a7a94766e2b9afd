"""A ceiling on request bodies, enforced while they arrive."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_engine.errors import TooLarge
from mcp_engine.http.problems import error_response


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is, or says it is, over its limit.

    Args:
        app: the application behind it.
        limit_for: returns the limit in bytes for a path and a media type; None for no limit.
    """

    def __init__(self, app: ASGIApp, limit_for: Callable[[str, bytes], int | None]) -> None:
        self.app = app
        self._limit_for = limit_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = self._limit_for(scope["path"], headers.get(b"content-type", b""))
        if limit is None:
            await self.app(scope, receive, send)
            return
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            await error_response(_too_large(limit))(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # FastAPI lets only an HTTPException through while it reads a body.
                raise HTTPException(413) from _too_large(limit)
            return message

        await self.app(scope, counted, send)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "request.too_large", f"The request body is over {limit:,} bytes; send less.", details={"limit": limit}
    )
