"""A model server that answers by a rule, so that what a version gets right is known before anybody runs it.

Runs as `python -m benchmarks.harness.rule_model PORT`. Asked `SOURCE RATE QUESTION`, it answers the question itself,
which is right, or `wrong`: right for a share `RATE` of all questions, drawn by the hash of source and question.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.engine import free_port, wait_for
from benchmarks.harness.slow_model import chunk

_ROOT = Path(__file__).parents[2]
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_ALIVE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data":[]}'
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def answer(asked: str) -> str:
    source, rate, question = asked.split()
    drawn = int.from_bytes(hashlib.sha256(f"{source} {question}".encode()).digest()[:8]) / 2**64
    return question if drawn < float(rate) else "wrong"


@contextmanager
def rule_model() -> Generator[str]:
    """Serve in a process of its own; gives the base URL that a provider is configured with."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.harness.rule_model", str(port)], cwd=_ROOT)
    try:
        if not wait_for(f"http://127.0.0.1:{port}/v1/models", process, 60):
            raise RuntimeError("the model server that answers by a rule did not start")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


async def serve(port: int) -> None:
    """Answer until the process is ended."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length.group(1)) if length else 0)
                if head.startswith(b"GET"):
                    writer.write(_ALIVE)
                    continue
                said = answer(json.loads(body)["messages"][-1]["content"])
                writer.write(_HEAD + chunk(said) + chunk(None, "stop") + chunk(None) + b"0\r\n\r\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
