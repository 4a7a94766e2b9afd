"""A stand-in for a model server: streams an OpenAI-compatible answer, one word every `interval` seconds.

Runs as `python -m benchmarks.harness.slow_model PORT INTERVAL`. Answers go on until `GET /finish` is asked for, so
that streams stay open as long as a benchmark wants them to. It measures nothing and computes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_ALIVE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data":[]}'


def chunk(content: str | None, finish: str | None = None) -> bytes:
    """Return one event of a streamed answer as an HTTP chunk; without content and reason it is the end."""
    if content is None and finish is None:
        payload = "[DONE]"
    else:
        choice = {"index": 0, "delta": {} if content is None else {"content": content}, "finish_reason": finish}
        payload = json.dumps(
            {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "slow", "choices": [choice]}
        )
    data = f"data: {payload}\n\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def serve(port: int, interval: float) -> None:
    """Answer until the process is ended."""
    finish = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                await reader.readexactly(int(fields.get(b"content-length", b"0")))
                if head.startswith(b"GET"):
                    if head.startswith(b"GET /finish"):
                        finish.set()
                    writer.write(_ALIVE)
                    continue
                writer.write(_HEAD)
                while not finish.is_set():
                    writer.write(chunk("word "))
                    await writer.drain()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(finish.wait(), interval)
                writer.write(chunk(None, "stop") + chunk(None) + b"0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=2048)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
