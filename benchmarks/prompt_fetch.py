"""Fetching a prompt by its label: over REST and from the client's cache, beside MLflow's tracking server.

Both servers run one process on this machine and keep their rows in the same PostgreSQL. Over REST each is
asked what its own client asks: we for `GET /api/v1/prompts/NAME?label=…`, MLflow for
`GET /api/2.0/mlflow/registered-models/alias`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import psycopg
from sqlalchemy import URL, make_url

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import Engine, EngineFailed, free_port, running_engine, wait_for
from benchmarks.harness.figures import middle, percentile, ratio, spread
from benchmarks.harness.load import Measured, Target, alternating, load, request
from benchmarks.harness.peers import Environment, environment, own_environment, running_peer

REQUIREMENTS = ("mlflow==3.17.2", "psycopg2-binary==2.9.13")
CLIENTS = (1, 8, 32)
NAME = "benchmark-greeting"
LABEL = "production"
TEMPLATE = (
    "You are a careful assistant. Answer in {{ language }}.\n\nQuestion: {{ question }}\nContext: {{ context }}\n"
)
_MLFLOW_START_SECONDS = 600


def run(context: Context) -> Outcome:
    """Measure the REST fetch of both servers in turn, then the cached fetch of both clients."""
    mlflow = environment(context.cache, REQUIREMENTS)
    with running_engine() as engine, mlflow_server(mlflow, engine) as mlflow_url:
        context.say(f"engine at {engine.url}, MLflow at {mlflow_url}")
        push(engine)
        with running_peer(mlflow, "mlflow_prompts") as peer:
            peer.ask("register", url=mlflow_url, name=NAME, label=LABEL, template=TEMPLATE)
            ours, theirs, ratios, client_us = _rest(context, engine, mlflow_url)
            calls = 20_000 if context.full else 2_000
            uri = f"prompts:/{NAME}@{LABEL}"
            theirs["cached_us"] = _microseconds(peer.ask("cached", url=mlflow_url, uri=uri, calls=calls))
        with running_peer(own_environment(), "engine_prompts") as own:
            asked = own.ask("cached", url=engine.url, key=engine.key, name=NAME, label=LABEL, calls=calls)
            ours["cached_us"] = _microseconds(asked)
    ours["rest_ratio_32"] = middle(ratios)
    ours["cached_ratio"] = ratio(theirs["cached_us"], ours["cached_us"])
    ours["client_us"] = client_us
    settings = {
        "server_processes": 1, "rounds": len(ratios), "rest_ratio_32_spread": round(spread(ratios), 3),
        "mlflow": mlflow.version("mlflow"), "fsync": "on", "cached_calls": calls,
    }  # fmt: skip
    return Outcome(ours, {"mlflow": theirs}, settings)


def push(engine: Engine) -> None:
    """Push the prompt under its label."""
    body = {"template": TEMPLATE, "description": "Greets.", "tags": ["benchmark"], "parameters": {"max_tokens": 60}}
    engine.call("POST", "/prompts", {"name": NAME, "body": body, "message": "First wording", "labels": [LABEL]})


def engine_target(engine: Engine) -> Target:
    path = f"/api/v1/prompts/{NAME}?label={LABEL}"
    return Target(engine.url, [request("GET", engine.url, path, {"Authorization": f"Bearer {engine.key}"})])


@contextmanager
def mlflow_server(mlflow: Environment, engine: Engine) -> Generator[str]:
    """Run MLflow's tracking server, one worker, on a database of its own in the engine's PostgreSQL."""
    database = _own_database(engine.database().owner, "mlflow")
    port = free_port()
    with TemporaryDirectory() as folder:
        command = [
            str(mlflow.program("mlflow")), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
            "--backend-store-uri", database, "--default-artifact-root", f"{folder}/artifacts",
        ]  # fmt: skip
        log = Path(folder) / "mlflow.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        try:
            if not wait_for(f"http://127.0.0.1:{port}/health", process, _MLFLOW_START_SECONDS):
                raise EngineFailed("MLflow's server did not start:\n" + log.read_text(errors="replace")[-2000:])
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def _own_database(owner: URL, name: str) -> str:
    plain = owner.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = make_url(owner).set(drivername="postgresql+psycopg2", database=name)
    return url.render_as_string(hide_password=False)


def _rest(
    context: Context, engine: Engine, mlflow_url: str
) -> tuple[dict[str, float], dict[str, float], list[float], float]:
    rounds, seconds = (6, 10.0) if context.full else (2, 3.0)
    path = f"/api/2.0/mlflow/registered-models/alias?name={quote(NAME)}&alias={LABEL}"
    targets = {
        "ours": engine_target(engine),
        "mlflow": Target(mlflow_url, [request("GET", mlflow_url, path)]),
    }
    figures: dict[str, dict[str, float]] = {"ours": {}, "mlflow": {}}
    ratios: list[float] = []
    client_us = 0.0
    for clients in CLIENTS:
        context.say(f"REST with {clients} clients, {rounds} rounds of {seconds:g} s each")
        drive = partial(load, clients=clients, seconds=seconds, warm_up_seconds=1.0)
        seen = alternating({name: partial(drive, target) for name, target in targets.items()}, rounds)
        for name, runs in seen.items():
            figures[name] |= _figures(clients, runs)
        pairs = zip(seen["ours"], seen["mlflow"], strict=True)
        ratios = [ratio(own.requests_per_second, peer.requests_per_second) for own, peer in pairs]
        client_us = middle([one.client_us for one in seen["ours"]])
    return figures["ours"], figures["mlflow"], ratios, client_us


def _figures(clients: int, runs: list[Measured]) -> dict[str, float]:
    return {
        f"rest_rps_{clients}": middle([one.requests_per_second for one in runs]),
        f"rest_p50_ms_{clients}": middle([one.p50 for one in runs]),
        f"rest_p99_ms_{clients}": middle([one.p99 for one in runs]),
        f"rest_errors_{clients}": sum(one.errors for one in runs),
    }


def _microseconds(seconds: Any) -> float:
    return percentile([float(one) for one in seconds], 0.5) * 1e6


BENCHMARK = Benchmark(
    name="prompt_fetch",
    summary="a prompt by its label, over REST and from the client's cache",
    metrics=(
        *(
            Metric(f"rest_{key}_{clients}", f"{label}, {clients} clients")
            for clients in CLIENTS
            for key, label in (
                ("rps", "REST requests/s"),
                ("p50_ms", "p50 ms"),
                ("p99_ms", "p99 ms"),
                ("errors", "errors"),
            )
        ),
        Metric("rest_ratio_32", "ours / MLflow's requests/s, 32 clients (median of rounds)", at_least(10)),
        Metric("cached_us", "cached fetch of the client, p50 µs", at_most(20)),
        Metric("cached_ratio", "MLflow's cached fetch / ours"),
        Metric("client_us", "processor time of the load generator a request, µs"),
    ),
    run=run,
)
