"""What happens around every request: an id, a span, a log line, metrics.

Plain ASGI: it passes the server's own `receive` and wraps `send` without buffering, so that streams
stay streams and a cancellation reaches the route in the task that serves it.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any, Final

import structlog
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_engine import logs
from mcp_engine.http.problems import problem_response
from mcp_engine.identifiers import new_id
from mcp_engine.telemetry.context import bind_request, current_caller
from mcp_engine.telemetry.metrics import HTTP_REQUESTS, HTTP_RUNNING, HTTP_SECONDS
from mcp_engine.telemetry.tracing import TENANT_ATTRIBUTE, record_error, span, tracer

REQUEST_ID_HEADER: Final = "X-Request-ID"
CLIENT_HEADER: Final = "X-MCP-Engine-Client"
"""By which a program may say what it is, such as `dashboard`; it stands in the request's log line."""
CLIENT_GONE: Final = 499
"""The status under which a request counts whose client went away before the answer began (nginx's number)."""
UNMATCHED: Final = "(none)"
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_CLIENT = re.compile(r"[a-z][a-z0-9-]{0,31}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_propagator = TraceContextTextMapPropagator()
_tracer = tracer(__name__)
_log = structlog.get_logger(__name__)


class RequestTelemetry:
    """The outermost middleware of the application.

    Each request gets an id: the client's `X-Request-ID` if it is 1 to 128 of `A-Z a-z 0-9 . _ -`,
    else a new one; the answer carries it, and so does every log line. A `traceparent` (W3C Trace
    Context) is continued. An exception that no handler took becomes a problem document here, where
    the request's id is known.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sent = headers.get(REQUEST_ID_HEADER, "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else new_id().hex
        parent = _propagator.extract(dict(headers))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        method = scope.get("method", "GET") if scope.get("method", "GET") in _METHODS else "OTHER"
        attributes = {"url.path": scope["path"], "url.scheme": scope["scheme"], "mcp_engine.request.id": request_id}
        with (
            logs.bind(request_id=request_id),
            bind_request(state),
            span(_tracer, method, kind=SpanKind.SERVER, attributes=attributes, parent=parent) as opened,
        ):
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
            else:
                await _Exchange(self._app, scope, method, request_id, opened).run(receive, send)


class _Exchange:
    """One HTTP request and what became of it."""

    def __init__(self, app: ASGIApp, scope: Scope, method: str, request_id: str, opened: Span) -> None:
        self._app = app
        self._scope = scope
        self._method = method
        self._request_id = request_id
        self._span = opened
        self._status: int | None = None
        self._began = time.perf_counter()
        self._stream_began: float | None = None

    async def run(self, receive: Receive, send: Send) -> None:
        async def observed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = self._request_id
                if headers.get("content-type", "").startswith("text/event-stream"):
                    self._stream_began = time.perf_counter()
            await send(message)

        HTTP_RUNNING.inc()
        try:
            await self._app(self._scope, receive, observed_send)
        except asyncio.CancelledError:
            self._status = self._status or CLIENT_GONE
            raise
        except Exception as error:
            record_error(self._span, error)
            _log.error("unexpected_error", path=self._scope["path"], exc_info=error)
            if self._status is not None:
                # The status line is out: only a broken connection can still tell the client.
                raise
            await self._fault()(self._scope, receive, observed_send)
        finally:
            HTTP_RUNNING.dec()
            self._record(self._status or CLIENT_GONE)

    def _fault(self) -> Any:
        return problem_response(
            500,
            "engine.fault",
            "The engine failed in a way it did not expect; its log has the details under this request id.",
            details={"request_id": self._request_id},
        )

    def _record(self, status: int) -> None:
        seconds = time.perf_counter() - self._began
        route = route_template(self._scope)
        HTTP_REQUESTS.labels(self._method, route, str(status)).inc()
        # How long a client watches a stream says nothing of the server.
        waited = seconds if self._stream_began is None else self._stream_began - self._began
        HTTP_SECONDS.labels(self._method, route).observe(waited)
        caller = current_caller()
        if caller is not None:
            # Known only now: the span began before the route authenticated anybody.
            self._span.set_attribute(TENANT_ATTRIBUTE, str(caller.tenant_id))
            self._span.set_attribute("mcp_engine.principal.id", str(caller.principal_id))
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes(
            {"http.request.method": self._method, "http.route": route, "http.response.status_code": status}
        )
        # A page of the web application is a dozen files, which are there though no route answers them.
        is_file = not route.startswith("/") and status < 400
        report = _log.debug if route in _QUIET or is_file else _log.info
        client = Headers(scope=self._scope).get(CLIENT_HEADER, "")
        report(
            "request", method=self._method, route=route, path=self._scope["path"], status=status,
            duration_ms=round(seconds * 1000, 1), **({"client": client} if _CLIENT.fullmatch(client) else {}),
        )  # fmt: skip


def route_template(scope: Scope) -> str:
    """Return the path template of the route that served a request, or `(none)` when none matched.

    FastAPI keeps the template with the prefixes of all including routers beside the route itself.
    """
    context = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    path = getattr(context, "path", None)
    return path if isinstance(path, str) and path else UNMATCHED
