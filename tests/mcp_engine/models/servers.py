"""Servers that tests talk to: free ports, and a scripted OpenAI-compatible one on a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

CREDENTIAL = "sk-tests-0123456789"
MODEL = "smollm2"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Scripted:
    """Answers every request with one status, headers and body; remembers what it was sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    hang: bool = False
    base_url: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list[tuple[str, dict[str, str], Any]])

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rest if row)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.requests.append((line, headers, json.loads(body) if body else None))
            if self.hang:
                await reader.read()
                return
            sent = {"Content-Length": str(len(self.body)), "Connection": "close", **self.headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
            writer.write(f"HTTP/1.1 {self.status} Scripted\r\n{lines}\r\n".encode() + self.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def scripted(**script: Any) -> AsyncIterator[Scripted]:
    """Run a scripted server on a free port."""
    script.setdefault("headers", {"Content-Type": "application/json"})
    answers = Scripted(**script)
    server = await asyncio.start_server(answers.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answers.base_url = f"http://127.0.0.1:{port}/v1"
    async with server:
        yield answers


def event_lines(*chunks: dict[str, Any]) -> bytes:
    """Return chat completion chunks as server-sent events."""
    base = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    lines = [f"data: {json.dumps({**base, **chunk})}\n\n" for chunk in chunks]
    return ("".join(lines) + "data: [DONE]\n\n").encode()
