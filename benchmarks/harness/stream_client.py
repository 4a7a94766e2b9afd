"""One client process that opens many server-sent event streams and holds them until the last has ended.

Runs as `python -m benchmarks.harness.stream_client` with a plan as JSON on standard input. It prints one
line when every stream has brought its first event, and one when all have ended.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any

_OPENING_AT_ONCE = 50


class Streams:
    """What all streams of this process have seen."""

    def __init__(self) -> None:
        self.first_ms: list[float] = []
        self.gaps_ms: list[float] = []
        self.completed = 0
        self.errors: list[str] = []

    async def follow(self, plan: dict[str, Any], opening: asyncio.Semaphore, opened: asyncio.Event) -> None:
        """Send the request, read to the end of the stream, and keep what went wrong."""
        try:
            await self._follow(plan, opening, opened)
        except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.errors.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            opened.set()

    async def _follow(self, plan: dict[str, Any], opening: asyncio.Semaphore, opened: asyncio.Event) -> None:
        async with opening:
            began = time.perf_counter()
            reader, writer = await asyncio.open_connection(plan["host"], plan["port"])
            writer.write(base64.b64decode(plan["request"]))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                raise ValueError((head + await reader.read(500)).decode(errors="replace"))
            event = await _event(reader)
            self.first_ms.append((time.perf_counter() - began) * 1000)
        opened.set()
        name = event
        while name not in (b"completed", b"error", None):
            name = await _event(reader)
        writer.close()
        if name == b"completed":
            self.completed += 1
        else:
            raise ValueError(f"the stream ended with {name!r}")


async def _event(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next event's name; None at the end of the stream."""
    while line := await reader.readline():
        if line.startswith(b"event: "):
            return line[7:].strip()
    return None


async def hold(plan: dict[str, Any]) -> None:
    streams = Streams()
    opening = asyncio.Semaphore(_OPENING_AT_ONCE)
    opened = [asyncio.Event() for _ in range(plan["streams"])]
    tasks = [asyncio.create_task(streams.follow(plan, opening, event)) for event in opened]
    for event in opened:
        await event.wait()
    print(json.dumps({"opened": len(streams.first_ms), "errors": streams.errors[:5]}), flush=True)
    await asyncio.gather(*tasks)
    print(
        json.dumps({"completed": streams.completed, "first_ms": streams.first_ms, "errors": streams.errors[:5]}),
        flush=True,
    )


def main() -> None:
    import uvloop

    uvloop.run(hold(json.loads(sys.stdin.readline())))


if __name__ == "__main__":
    main()
