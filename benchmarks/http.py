"""Many clients at once on routes that need no model, and a thousand open streams.

Each client asks once a second, or as soon as its last answer is there if that took longer: a thousand people
and programs, not a thousand endless loops. How much the server can take at all is `saturated_rps`: 32 clients
that never pause. The streams are `prompt run`s against a stand-in model server that writes a word a second and
ends only when all streams are open; each is recorded as an execution like any other.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_most
from benchmarks.harness.engine import Engine, free_port, running_engine, wait_for
from benchmarks.harness.figures import middle, percentile
from benchmarks.harness.load import Measured, Target, load, request

CLIENTS = (1, 32, 256, 1000)
STREAMS = 1000
NAME = "benchmark-greeting"
PROVIDER = "slow"
_ROOT = Path(__file__).parents[1]
_WORD_SECONDS = 1.0
_PACE_SECONDS = 1.0
_SATURATING_CLIENTS = 32


def run(context: Context) -> Outcome:
    """Load the routes with more and more clients, then open the streams."""
    with running_engine() as engine:
        _push(engine)
        metrics, client_us = _routes(context, engine)
        metrics["client_us"] = client_us
        context.say(f"{STREAMS} streams at once, a word every {_WORD_SECONDS:g} s")
        seen = _streams(engine, STREAMS)
    metrics["errors"] += seen.errors
    metrics |= {
        "mb_per_stream": seen.bytes_each / 1e6,
        "streams_completed": seen.completed,
        "stream_first_event_p50_ms": percentile(seen.first_ms, 0.5),
        "stream_first_event_p99_ms": percentile(seen.first_ms, 0.99),
    }
    settings = {
        "server_processes": 1,
        "pace_seconds": _PACE_SECONDS,
        "clients": "one process",
        "streams": STREAMS,
        "fsync": "on",
    }
    return Outcome(metrics, settings=settings)


def _push(engine: Engine) -> None:
    body = {"template": "Greet {{ name }} in one short sentence.", "description": "Greets.", "tags": ["benchmark"]}
    engine.call("POST", "/prompts", {"name": NAME, "body": body, "message": "First wording", "labels": ["production"]})


def _routes(context: Context, engine: Engine) -> tuple[dict[str, float], float]:
    rounds, seconds = (4, 10.0) if context.full else (2, 3.0)
    target = Target(engine.url, _requests(engine))
    metrics: dict[str, float] = {"errors": 0}
    client_us: list[float] = []
    for clients in CLIENTS:
        context.say(f"{clients} clients, {rounds} rounds of {seconds:g} s")
        drive = partial(load, target, clients=clients, seconds=seconds, warm_up_seconds=2.0, pace_seconds=_PACE_SECONDS)
        runs = [drive() for _ in range(rounds)]
        metrics |= _figures(clients, runs)
        metrics["errors"] += sum(one.errors for one in runs)
        client_us += [one.client_us for one in runs]
    saturated = [load(target, clients=_SATURATING_CLIENTS, seconds=seconds, warm_up_seconds=1.0) for _ in range(rounds)]
    metrics["errors"] += sum(one.errors for one in saturated)
    metrics["saturated_rps"] = middle([one.requests_per_second for one in saturated])
    return metrics, middle(client_us)


def _figures(clients: int, runs: list[Measured]) -> dict[str, float]:
    return {
        f"rps_{clients}": middle([one.requests_per_second for one in runs]),
        f"p50_ms_{clients}": middle([one.p50 for one in runs]),
        f"p95_ms_{clients}": middle([one.p95 for one in runs]),
        f"p99_ms_{clients}": middle([one.p99 for one in runs]),
    }


def _requests(engine: Engine) -> list[bytes]:
    """Return what a program and a dashboard ask for: prompts by label and by number, a render, lists, who I am."""
    headers = {"Authorization": f"Bearer {engine.key}"}
    body = json.dumps({"label": "production", "variables": {"name": "Ada"}}).encode()
    json_headers = {**headers, "Content-Type": "application/json"}
    return [
        *(request("GET", engine.url, f"/api/v1{path}", headers) for path in (
            f"/prompts/{NAME}?label=production", f"/prompts/{NAME}?version=1", "/prompts?limit=20",
            f"/prompts/{NAME}/versions", "/executions?limit=20", "/me",
        )),
        request("POST", engine.url, f"/api/v1/prompts/{NAME}/render", json_headers, body),
    ]  # fmt: skip


# --- streams


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the streams; `bytes_each` is the server's growth while all were open, divided by them."""

    completed: int
    errors: int
    bytes_each: float
    first_ms: list[float]


def _streams(engine: Engine, streams: int) -> Seen:
    with _slow_model() as url:
        engine.call("POST", "/providers", {"name": PROVIDER, "base_url": f"{url}/v1", "models": ["slow"]})
        # The first runs bring in libraries and fill pools; a stream's own cost is what is asked for.
        _followed(engine, 50, f"{url}/finish")
    with _slow_model() as url:
        engine.call("DELETE", f"/providers/{PROVIDER}")
        engine.call("POST", "/providers", {"name": PROVIDER, "base_url": f"{url}/v1", "models": ["slow"]})
        before = engine.memory_bytes()
        opened, ended, during = _followed(engine, streams, f"{url}/finish")
    if opened["opened"] == 0:
        raise RuntimeError(f"no stream opened: {opened['errors']}")
    return Seen(ended["completed"], streams - ended["completed"], max(0, during - before) / streams, ended["first_ms"])


def _followed(engine: Engine, streams: int, finish: str) -> tuple[dict[str, Any], dict[str, Any], int]:
    body = {"label": "production", "variables": {"name": "Ada"}, "stream": True, "model": f"{PROVIDER}/slow"}
    headers = {"Authorization": f"Bearer {engine.key}", "Content-Type": "application/json"}
    path = f"/api/v1/prompts/{NAME}/run"
    plan = {"host": "127.0.0.1", "port": engine.port, "streams": streams, "request": _encoded(
        request("POST", engine.url, path, headers, json.dumps(body).encode())
    )}  # fmt: skip
    client = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.harness.stream_client"],
        cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert client.stdin is not None
    assert client.stdout is not None
    with client:
        client.stdin.write(json.dumps(plan) + "\n")
        client.stdin.flush()
        opened = json.loads(client.stdout.readline())
        during = engine.memory_bytes()
        urllib.request.urlopen(finish, timeout=30).close()
        ended = json.loads(client.stdout.readline())
    return opened, ended, during


@contextmanager
def _slow_model() -> Generator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.harness.slow_model", str(port), str(_WORD_SECONDS)], cwd=_ROOT
    )
    try:
        if not wait_for(f"http://127.0.0.1:{port}/v1/models", process, 30):
            raise RuntimeError("the stand-in model server did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


BENCHMARK = Benchmark(
    name="http",
    summary="many clients on routes without a model, and a thousand open streams",
    metrics=(
        *(
            Metric(
                f"{key}_{clients}",
                f"{label}, {clients} clients",
                at_most(100) if (key, clients) == ("p95_ms", 256) else None,
            )
            for clients in CLIENTS
            for key, label in (("rps", "requests/s"), ("p50_ms", "p50 ms"), ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"))
        ),
        Metric("saturated_rps", f"requests/s that {_SATURATING_CLIENTS} clients get who never pause"),
        Metric("errors", "answers other than 2xx, broken connections and streams", at_most(0)),
        Metric("mb_per_stream", "server's memory an open stream, MB", at_most(5)),
        Metric("streams_completed", "streams that came to their end"),
        Metric("stream_first_event_p50_ms", "first event of a stream, 50 at once being opened, p50 ms"),
        Metric("stream_first_event_p99_ms", "the same, p99 ms"),
        Metric("client_us", "processor time of the load generator a request, µs"),
    ),
    run=run,
)
