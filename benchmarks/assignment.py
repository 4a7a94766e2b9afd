"""What it costs a caller's program to get a unit's arm: nothing goes over the network, the server hears of it later."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_most
from benchmarks.harness.engine import running_engine
from benchmarks.harness.experiment import LABEL, PROMPT, start_experiment
from benchmarks.harness.figures import middle, percentile
from mcp_engine_client import Client
from mcp_engine_client._assignment import Rule, Slice, Split, Step, assign

ROUNDS = 5
SPLIT = Split(
    "01a1fe66-3fa5-76ae-8ebb-a23a3cac805e", "salt", (0.4, 0.3, 0.3), (Step(0.0, 0.1), Step(1.0, 0.9)), holdback=0.05,
    rules=(Rule("country", ("CH", "AT")),), slice=Slice("group", 0.0, 0.8),
)  # fmt: skip
ATTRIBUTES = {"country": "CH", "age": 40}


def run(context: Context) -> Outcome:
    """Time the assignment by itself, then a whole `get_prompt` of a unit."""
    calls = 50_000 if context.full else 10_000
    units = itertools.count()
    alone = _microseconds(lambda: assign(SPLIT, f"user-{next(units)}", ATTRIBUTES, 2.0), calls)
    with running_engine(workers="0") as engine:
        start_experiment(engine)
        with Client(engine.url, api_key=engine.key) as client:
            whole = _microseconds(
                lambda: client.get_prompt(PROMPT, label=LABEL, unit_id=f"user-{next(units)}", cache_ttl_seconds=3600),
                calls,
            )
            plain = _microseconds(lambda: client.get_prompt(PROMPT, label=LABEL, cache_ttl_seconds=3600), calls)
    metrics = {"us": alone[0], "us_p99": alone[1], "get_prompt_us": whole[0], "get_prompt_without_unit_us": plain[0]}
    return Outcome(metrics, settings={"calls": calls, "rounds": ROUNDS})


def _microseconds(call: Callable[[], object], calls: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of one call, of the middle round."""
    rounds: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        seconds: list[float] = []
        for _ in range(calls // ROUNDS):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
        rounds.append((1e6 * middle(seconds), 1e6 * percentile(seconds, 0.99)))
    return middle([one for one, _ in rounds]), middle([one for _, one in rounds])


BENCHMARK = Benchmark(
    name="assignment",
    summary="a unit's arm, in the caller's program",
    metrics=(
        Metric("us", "an assignment with targeting, ramp, group and holdback, µs", at_most(50)),
        Metric("us_p99", "p99, µs"),
        Metric("get_prompt_us", "get_prompt with a unit, µs"),
        Metric("get_prompt_without_unit_us", "get_prompt without one, µs"),
    ),
    run=run,
)
