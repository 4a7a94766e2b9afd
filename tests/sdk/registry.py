"""A small HTTP server that plays the registry: it can hang, fail, break off, and tells what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOBODY = "00000000-0000-4000-8000-000000000000"


def prompt_document(number: int, template: str = "Version {{ n }}") -> dict[str, Any]:
    """Return what the engine answers for a version of a prompt."""
    variables = {"type": "object", "properties": {"n": {}}, "required": ["n"]}
    return {
        "name": "greet", "namespace": "default", "number": number, "version_id": NOBODY, "digest": "d" * 64,
        "labels": ["production"], "message": "", "author_id": NOBODY, "created_at": "2026-01-01T00:00:00Z",
        "body": {"type": "text", "template": template, "variables": variables}, "lock_digest": "l" * 64,
        "inputs": variables, "includes": [],
    }  # fmt: skip


def run_document() -> dict[str, Any]:
    return {
        "execution_id": NOBODY, "output": "Hello", "value": None, "finish_reason": "stop", "number": 1,
        "lock_digest": "l", "model": "local", "model_digest": "m", "usage": {}, "latency_first_token_ms": 1.0,
        "latency_total_ms": 2.0, "cost_usd": 0.0, "trace_id": None,
    }  # fmt: skip


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What one request gets; `broken` ends the connection without an answer, `drips` never ends it."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    drips: bool = False


@dataclass
class Registry:
    """Answers with `answer(asked)`, after `gate` is open."""

    url: str = ""
    answer: Callable[[Asked], Reply] = field(default=lambda _: Reply(body=prompt_document(1)))
    asked: list[Asked] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def serve(self, number: int) -> None:
        """From now on version `number` is the latest."""
        self.answer = lambda _: Reply(body=prompt_document(number))

    def fail(self, status: int, code: str, **headers: str) -> None:
        """From now on everything fails."""
        self.answer = lambda _: problem(status, code, **headers)

    def replies(self, *replies: Reply) -> None:
        """Give these one after the other; the last one stays."""
        waiting = list(replies)
        self.answer = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def problem(status: int, code: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"type": "t", "title": "t", "status": status, "code": code, "detail": "So it is."}, named)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a blank now and then, for as long as the client listens."""
    handler.close_connection = True
    try:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.02)
    except (BrokenPipeError, ConnectionResetError):
        pass


def started(registry: Registry) -> ThreadingHTTPServer:
    """Start serving; the caller shuts the server down."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            registry.asked.append(asked)
            registry.gate.wait(60)
            reply = registry.answer(asked)
            if reply.broken:
                self.close_connection = True
                return
            if reply.drips:
                drip(self)
                return
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client has stopped waiting

        do_GET = do_POST = handle_any  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    registry.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
