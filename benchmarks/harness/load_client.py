"""One client process: keeps `clients` connections busy, each with one request at a time (a closed loop).

Runs as `python -m benchmarks.harness.load_client` with a plan as JSON on standard input and prints what it
saw as JSON. HTTP/1.1 with keep-alive is read straight from the socket: a full HTTP client would cost as
much processor time as the servers it measures.
"""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

_CONNECT_AT_ONCE = 64
_LATE_SECONDS = 60
"""How long the last answers are waited for; those that have not come by then are failures."""


class Run:
    """What all connections of this process share; `measuring` begins after the warm-up.

    Latencies are those of the requests that were sent while measuring, however late they are answered:
    leaving out the slow ones at the end would flatter a slow server. `in_time` counts answers while measuring.
    """

    def __init__(self, requests: Sequence[bytes], pace_seconds: float) -> None:
        self.requests = requests
        self.pace_seconds = pace_seconds
        self.next = 0
        self.measuring = False
        self.over = False
        self.in_time = 0
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.failures = 0

    def request(self) -> bytes:
        self.next += 1
        return self.requests[self.next % len(self.requests)]

    def answered(self, status: int, seconds: float, *, counts: bool) -> None:
        self.in_time += self.measuring
        if counts:
            self.statuses[status] += 1
            self.latencies.append(seconds)


class Connection(asyncio.Protocol):
    """Sends a request, reads its whole answer, sends the next."""

    def __init__(self, run: Run, wait_seconds: float = 0.0) -> None:
        self._run = run
        self._wait_seconds = wait_seconds
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._sent = 0.0
        self._counts = self._busy = False
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send_after(self._wait_seconds)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = answer_end(self._buffer)
        if end is None or self._transport is None:
            return
        status = int(self._buffer[9:12])
        del self._buffer[:end]
        self._run.answered(status, time.perf_counter() - self._sent, counts=self._counts)
        self._counts = self._busy = False
        if self._run.over:
            self._transport.close()
        else:
            self._send_after(self._sent + self._run.pace_seconds - time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.failures += self._counts
        self._counts = False
        if not self.closed.done():
            self.closed.set_result(exc)

    def finish(self) -> None:
        """Close now, or once the answer that is waited for has come."""
        if not self._busy:
            self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send_after(self, seconds: float) -> None:
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._send)
        else:
            self._send()

    def _send(self) -> None:
        assert self._transport is not None
        if self._run.over or self._transport.is_closing():
            self._transport.close()
            return
        self._sent, self._counts, self._busy = time.perf_counter(), self._run.measuring, True
        self._transport.write(self._run.request())


def answer_end(buffer: bytes | bytearray) -> int | None:
    """Return where the first answer in `buffer` ends (RFC 9112, section 6.3); None while it is incomplete."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return None
    body = head + 4
    fields = bytes(buffer[:head]).lower().split(b"\r\n")
    for field in fields:
        name, _, value = field.partition(b":")
        if name == b"content-length":
            end = body + int(value)
            return end if len(buffer) >= end else None
        if name == b"transfer-encoding" and b"chunked" in value:
            return _chunked_end(buffer, body)
    return body


def _chunked_end(buffer: bytes | bytearray, position: int) -> int | None:
    while True:
        line = buffer.find(b"\r\n", position)
        if line < 0:
            return None
        size = int(bytes(buffer[position:line]).split(b";")[0], 16)
        position = line + 2 + size + 2
        if len(buffer) < position:
            return None
        if size == 0:
            return position


async def drive(plan: dict[str, Any]) -> dict[str, Any]:
    """Carry out a plan; see `load.Plan` for its members."""
    run = Run([base64.b64decode(request) for request in plan["requests"]], plan["pace_seconds"])
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for start in range(0, plan["clients"], _CONNECT_AT_ONCE):
        count = min(_CONNECT_AT_ONCE, plan["clients"] - start)
        opened = await asyncio.gather(
            *(
                loop.create_connection(partial(Connection, run, wait), plan["host"], plan["port"])
                for wait in (run.pace_seconds * (start + place) / plan["clients"] for place in range(count))
            )
        )
        connections += [protocol for _, protocol in opened]
    keeping = asyncio.create_task(_keep_open(run, connections, plan))
    await asyncio.sleep(plan["warm_up_seconds"])
    run.measuring, began, used = True, time.perf_counter(), _cpu_seconds()
    await asyncio.sleep(plan["seconds"])
    run.measuring, run.over = False, True
    seconds, used = time.perf_counter() - began, _cpu_seconds() - used
    keeping.cancel()
    for connection in connections:
        connection.finish()
    answers = [connection.closed for connection in connections]
    await asyncio.wait(answers, timeout=_LATE_SECONDS)
    for connection in connections:
        connection.close()
    await asyncio.wait(answers)
    return {
        "seconds": seconds,
        "in_time": run.in_time,
        "latencies": [round(latency, 6) for latency in run.latencies],
        "statuses": {str(status): count for status, count in run.statuses.items()},
        "failures": run.failures,
        "cpu_seconds": used,
    }


async def _keep_open(run: Run, connections: list[Connection], plan: dict[str, Any]) -> None:
    """Open a connection again that the server closed; it counts as a failure, and the load stays the same."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0.05)
        for place, connection in enumerate(connections):
            if connection.closed.done() and not run.over:
                try:
                    _, fresh = await loop.create_connection(lambda: Connection(run), plan["host"], plan["port"])
                except OSError:
                    run.failures += run.measuring
                else:
                    connections[place] = fresh


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    import uvloop

    print(json.dumps(uvloop.run(drive(json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
