"""What a request's body must pass before it is read: its sender's credential, and a ceiling while it arrives."""

from __future__ import annotations

from typing import Any

from fastapi import params
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_engine.config import Settings
from mcp_engine.errors import EngineError, TooLarge
from mcp_engine.http.dependencies import check_before_body

ANYBODYS_BYTES = 64 * 1024
"""What a route reads that asks for no credential, such as signing in."""
MULTIPART_OVERHEAD_BYTES = 64 * 1024


class BodyGuard:
    """ASGI middleware that answers 401, 403 or 413 instead of reading what it would not use.

    It acts when the route asks for the first piece of a body, because only then is the route known:
    a caller that the route refuses, or a body that says it is too long, is refused unread. A length
    that was not said is counted.

    Args:
        app: the application behind it.
        settings: the limits of uploads (routes that take a form) and of other bodies.
        unlimited: the paths that limit themselves.
    """

    def __init__(self, app: ASGIApp, settings: Settings, unlimited: frozenset[str]) -> None:
        self.app = app
        self._settings = settings
        self._unlimited = unlimited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        received: int | None = None
        limit: int | None = None

        async def guarded() -> Message:
            nonlocal received, limit
            if received is None:
                received, limit = 0, await self._admit(scope)
            message = await receive()
            received += len(message.get("body", b""))
            if limit is not None and received > limit:
                error = _too_large(limit)
                raise _unread(error) from error
            return message

        await self.app(scope, guarded, send)

    async def _admit(self, scope: Scope) -> int | None:
        """Return how long the body may be; raises what the caller must be told instead."""
        route = _route_of(scope)
        try:
            known = await check_before_body(scope, route)
        except (EngineError, SQLAlchemyError) as error:
            raise _unread(error) from error
        if scope["path"] in self._unlimited:
            return None
        limit = self._limit(route) if known else ANYBODYS_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            error = _too_large(limit)
            raise _unread(error) from error
        return limit

    def _limit(self, route: Any) -> int:
        field = getattr(getattr(route, "body_field", None), "field_info", None)
        if isinstance(field, params.Form):
            return self._settings.max_upload_bytes + MULTIPART_OVERHEAD_BYTES
        return self._settings.max_request_bytes


def _route_of(scope: Scope) -> Any:
    """Return what FastAPI knows of the route that serves a request: its dependencies and its body."""
    return scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")


def _unread(error: EngineError | SQLAlchemyError) -> HTTPException:
    """Return the one kind of error that FastAPI lets through while it reads a body; its cause is what is answered."""
    return HTTPException(error.status if isinstance(error, EngineError) else 500)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "request.too_large", f"The request body is over {limit:,} bytes; send less.", details={"limit": limit}
    )
