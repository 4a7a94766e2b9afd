"""Load on an HTTP server from a process of its own, and what came back."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.harness.figures import percentile

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Target:
    """A server and the requests that are sent to it in turn.

    Args:
        url: scheme, host and port.
        requests: whole HTTP/1.1 requests as bytes (see `request`).
    """

    url: str
    requests: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of load saw; times in milliseconds."""

    requests_per_second: float
    p50: float
    p95: float
    p99: float
    errors: int
    """Answers other than 2xx, broken and refused connections."""
    client_us: float
    """Processor time of the client process for one request: what the measurement itself costs."""


def request(method: str, url: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return one HTTP/1.1 request that keeps its connection open."""
    fields = {"Host": urlsplit(url).netloc, "Accept": "application/json", **(headers or {})}
    if body:
        fields["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def load(
    target: Target, *, clients: int, seconds: float, warm_up_seconds: float, pace_seconds: float = 0.0
) -> Measured:
    """Keep `clients` connections busy for `seconds` after a warm-up; each waits for its answer before it asks again.

    Args:
        pace_seconds: the least time from one request of a client to its next; the first ones are spread over it.
    """
    parts = urlsplit(target.url)
    plan = {
        "host": parts.hostname,
        "port": parts.port,
        "requests": [base64.b64encode(one).decode() for one in target.requests],
        "clients": clients,
        "seconds": seconds,
        "warm_up_seconds": warm_up_seconds,
        "pace_seconds": pace_seconds,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.harness.load_client"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        cwd=_ROOT,
        timeout=seconds + warm_up_seconds + _PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the client process failed:\n{done.stderr[-2000:]}")
    return _measured(json.loads(done.stdout))


def alternating(targets: Mapping[str, Callable[[], Measured]], rounds: int) -> dict[str, list[Measured]]:
    """Run each target once a round, in turn from the front and from the back, so that none is always first."""
    seen: dict[str, list[Measured]] = {name: [] for name in targets}
    for number in range(rounds):
        for name in list(targets) if number % 2 == 0 else reversed(list(targets)):
            seen[name].append(targets[name]())
    return seen


def _measured(seen: dict[str, Any]) -> Measured:
    latencies = [seconds * 1000 for seconds in seen["latencies"]]
    refused = sum(count for status, count in seen["statuses"].items() if not 200 <= int(status) < 300)
    errors = refused + int(seen["failures"])
    if not latencies:
        raise RuntimeError(f"the server answered nothing: {errors} failures")
    return Measured(
        requests_per_second=seen["in_time"] / seen["seconds"],
        p50=percentile(latencies, 0.5),
        p95=percentile(latencies, 0.95),
        p99=percentile(latencies, 0.99),
        errors=errors,
        client_us=seen["cpu_seconds"] / max(1, seen["in_time"]) * 1e6,
    )
