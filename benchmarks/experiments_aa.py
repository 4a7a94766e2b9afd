"""How often an experiment that is watched at every observation claims what is not there, and how soon it finds what is.

The engine's own assignment and analysis, in process: units are assigned by their hash, outcomes are drawn, and the
analysis looks after each one. One configuration for all runs. Beside it, the same data looked at by a z-test at
p < .05 after every observation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import running_engine
from benchmarks.harness.experiment import BASE_RATE, EXPERIMENT, LABEL, METRIC, PROMPT, start_experiment
from mcp_engine.experiments.assignment import Split, Step, assign
from mcp_engine.experiments.comparing import BinaryCounts, Criterion, MeanMoments, compare_binary, compare_means
from mcp_engine.statistics.eprocess import PAIRS as PAIRS_OF_ARMS
from mcp_engine.statistics.eprocess import trajectory
from mcp_engine.statistics.moments import Moments
from mcp_engine_client import Client

PAIRS = 10_000
RUNS, SMALL_RUNS = (1000, 400, 300), (250, 100, 100)
"""Without a difference, with one, with heavy tails."""
BETTER = 0.8
PEEK_AFTER = 20
"""Units before which not even an impatient person tests."""
CRITERION = Criterion("higher", level=0.05)
WEIGHTS = (0.5, 0.5)
TAIL_EVERY = 100
SLICE = 150
"""Units that go through the client, HTTP and SQL; the rest is the same code in process."""
TAIL_SIGMA = 1.5
"""Of the logarithm: the largest of 10,000 such values is hundreds of times the median."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One run: what the analysis claimed, after how many pairs, and whether peeking would have."""

    claimed: bool
    better: bool
    pairs: float
    peeked: bool


def run(context: Context) -> Outcome:
    """Run one experiment of `SLICE` units through a whole engine, then simulate in two processes."""
    same_runs, found_runs, tail_runs = RUNS if context.full else SMALL_RUNS
    context.say(f"{SLICE} units through the client, HTTP and SQL")
    same_over_http = _agrees(context.seed)
    with ProcessPoolExecutor(2) as pool:
        context.say(f"{same_runs} runs of {PAIRS} pairs without a difference")
        same = [*pool.map(partial(_watched, context.seed, BASE_RATE, BASE_RATE), range(same_runs), chunksize=10)]
        context.say(f"{found_runs} runs from {BASE_RATE} to {BETTER}")
        other = [*pool.map(partial(_watched, context.seed, BASE_RATE, BETTER), range(found_runs), chunksize=10)]
        context.say(f"{tail_runs} runs of means with heavy tails")
        covered = [*pool.map(partial(_covered, context.seed), range(tail_runs), chunksize=10)]
    metrics = {
        "false_positive_rate": _share([one.claimed for one in same]),
        "power": _share([one.better for one in other]),
        "median_pairs": float(np.median([one.pairs for one in other])),
        "mean_coverage": _share(covered),
        "same_over_http": float(same_over_http),
    }
    peeking = {"false_positive_rate": _share([one.peeked for one in same])}
    settings = {
        "runs": same_runs, "pairs": PAIRS, "alpha": CRITERION.level, "rates": [BASE_RATE, BETTER],
        "tail_sigma": TAIL_SIGMA,
    }  # fmt: skip
    return Outcome(metrics, {"z-test at p < .05": peeking}, settings)


def _agrees(seed: int) -> bool:
    """Return whether an experiment through the client, HTTP and SQL concludes to the digit what happens in process."""
    random = np.random.default_rng([seed, 11])
    codes: list[int] = []
    with running_engine(workers="0") as engine:
        start_experiment(engine)
        with Client(engine.url, api_key=engine.key) as client:
            for unit in range(SLICE):
                prompt = client.get_prompt(PROMPT, label=LABEL, unit_id=f"user-{unit}", session_id=f"session-{unit}")
                arm = int(prompt.arm == "wording-2")
                success = bool(random.random() < (BETTER if arm else BASE_RATE))
                client.feedback(METRIC, success, session_id=f"session-{unit}")
                codes.append(2 * arm + success)
        [seen] = engine.call("GET", f"/experiments/{EXPERIMENT}/analysis")["comparisons"]
    here = compare_binary(BinaryCounts.of(np.array(codes), 1, 2), 1, [WEIGHTS], CRITERION)
    assert here.interval is not None
    return (seen["p_value"], seen["difference"], seen["interval"]["low"], seen["interval"]["high"]) == (
        here.p_value, here.difference, here.interval.low, here.interval.high,
    )  # fmt: skip


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


def _arms(name: str) -> NDArray[np.int64]:
    """Return the arm of each unit of an experiment, as the engine assigns it."""
    split = Split(name, "salt", WEIGHTS, [Step(0.0, 1.0)])
    found = (assign(split, str(unit), {}, 1.0) for unit in range(2 * PAIRS))
    return np.array([one.arm for one in found if one is not None], dtype=np.int64)


def _watched(seed: int, control: float, treated: float, number: int) -> Watched:
    random = np.random.default_rng([seed, number, round(100 * treated)])
    arms = _arms(f"{seed}-{treated}-{number}")
    success = random.random(arms.size) < np.where(arms == 1, treated, control)
    codes = 2 * arms + success
    # What is decided looks at every pair; how the interval narrowed is not asked for.
    found = compare_binary(BinaryCounts.of(codes, 1, 2), 1, [WEIGHTS], CRITERION, checkpoints=1)
    a, b = (success[arms == arm] for arm in (0, 1))
    count = min(a.size, b.size)
    logs = trajectory(PAIRS_OF_ARMS, 1 + b[:count].astype(np.int64) - a[:count])
    crossed = np.nonzero(logs >= -math.log(CRITERION.level))[0]
    assert (found.verdict is not None) == bool(crossed.size), "the analysis looks at every pair"
    pairs = crossed[0] + 1 if crossed.size else math.inf
    return Watched(found.verdict is not None, found.verdict is True, float(pairs), _peeked(arms, success))


def _peeked(arms: NDArray[np.int64], success: NDArray[np.bool_]) -> bool:
    """Return whether a pooled two-sided z-test falls below .05 at any observation."""
    counts = [np.cumsum(arms == arm) for arm in (0, 1)]
    wins = [np.cumsum(success & (arms == arm)) for arm in (0, 1)]
    ready = (counts[0] > 0) & (counts[1] > 0) & (np.arange(arms.size) >= PEEK_AFTER)
    n0, n1, w0, w1 = (values[ready] for values in (*counts, *wins))
    pooled = (w0 + w1) / (n0 + n1)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(w1 / n1 - w0 / n0) / spread
    return bool((z > 1.959964).any())


def _covered(seed: int, number: int) -> bool:
    """Return whether the interval of a mean's difference holds the truth (none) at every look."""
    random = np.random.default_rng([seed, number, 7])
    arms = _arms(f"{seed}-tail-{number}")
    values = random.lognormal(0.0, TAIL_SIGMA, arms.size)
    so_far = [Moments(), Moments()]
    places: list[list[Moments]] = []
    for start, end in pairwise(range(0, arms.size + 1, TAIL_EVERY)):
        for arm in (0, 1):
            so_far[arm] += Moments.of(values[start:end][arms[start:end] == arm])
        places.append([*so_far])
    return compare_means(MeanMoments(places), 1, CRITERION, fixed=True).verdict is None


BENCHMARK = Benchmark(
    name="experiments_aa",
    summary="experiments that are watched at every observation",
    metrics=(
        Metric("false_positive_rate", "claims a difference that is not there", at_most(0.05)),
        Metric("power", "finds 0.6 → 0.8", at_least(0.95)),
        Metric("median_pairs", "pairs until it does, median", at_most(90)),
        Metric("mean_coverage", "intervals of heavy-tailed means that always hold the truth", at_least(0.95)),
        Metric("same_over_http", "the same through client, HTTP and SQL", at_least(1)),
    ),
    run=run,
)
