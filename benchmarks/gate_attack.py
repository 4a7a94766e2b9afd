"""Noise that is tried a thousand times on one sealed set: how often any of it is promoted, and is a true gain found?

The attacker sees verdicts only, as the engine shows them, and tries new versions, copies under other names, the same
versions again, and the same rows under other names, shuffled or some of them. Every attempt is as good as the baseline.
All of it spends from one `Ledger`, of one configuration for both figures. Beside it the same attempts at a gate
without a ledger, where each look passes at p < .05.

What an attacker who changes the questions themselves could do is not tried: a letter more in the inputs makes a row a
fresh one, and who may write sealed rows has to be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.gate_service import agrees
from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.looks import Looks
from mcp_engine.statistics.proportions import Flips, mcnemar
from mcp_engine.statistics.spending import Ledger

ATTEMPTS = 1000
ROWS = 600
OPENING = Ledger(budget=0.05, planned=ATTEMPTS)
RATE, BETTER = 0.5, 0.65
SEARCHES, SMALL_SEARCHES = (2000, 1000), (200, 100)
"""Without a gain, and with one."""
SLICE, SMALL_SLICE = (40, 80), (20, 40)
"""Attempts that go through a whole engine, and the rows that they are tried on."""
UNGUARDED = 0.05
KINDS = ("version", "copy", "repeat", "shuffled", "subset")
SHARES = (0.3, 0.3, 0.1, 0.1, 0.2)
Right = NDArray[np.bool_]


class Searched(NamedTuple):
    """One search: what was promoted, with the ledger and without one, and how many looks were spent."""

    fooled: bool
    found: bool
    unguarded_fooled: bool
    unguarded_found: bool
    looks: int


def run(context: Context) -> Outcome:
    """Put some attempts to a whole engine, then simulate the searches in two processes."""
    attempts, rows = SLICE if context.full else SMALL_SLICE
    context.say(f"{attempts} attempts on {rows} rows through HTTP, SQL and durable jobs")
    service_agrees = agrees(context.seed, attempts, rows)
    noise, planted = SEARCHES if context.full else SMALL_SEARCHES
    with ProcessPoolExecutor(2) as pool:
        context.say(f"{noise} searches of {ATTEMPTS} attempts, all of them noise")
        without = [*pool.map(partial(_search, context.seed, False), range(noise), chunksize=10)]
        context.say(f"{planted} searches with a gain from {RATE} to {BETTER} among the attempts")
        with_gain = [*pool.map(partial(_search, context.seed, True), range(planted), chunksize=10)]
    metrics = {
        "false_promotion_rate": _share([one.fooled for one in without]),
        "planted_found_rate": _share([one.found for one in with_gain]),
        "attempts": ATTEMPTS,
        "service_agrees": float(service_agrees),
        "looks": float(np.median([one.looks for one in without])),
    }
    unguarded = {
        "false_promotion_rate": _share([one.unguarded_fooled for one in without]),
        "planted_found_rate": _share([one.unguarded_found for one in with_gain]),
    }
    settings = {
        "searches": [noise, planted], "rows": ROWS, "budget": OPENING.budget, "planned_looks": OPENING.planned,
        "rates": [RATE, BETTER], "shares": dict(zip(KINDS, SHARES, strict=True)), "slice": [attempts, rows],
    }  # fmt: skip
    return Outcome(metrics, {"no ledger, p < .05": unguarded}, settings)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


def _search(seed: int, planted: bool, number: int) -> Searched:
    random = np.random.default_rng([seed, number, int(planted)])
    baseline = random.random(ROWS) < RATE
    place = int(random.integers(ATTEMPTS)) if planted else None
    looks, versions = Looks(OPENING), list[Right]()
    fooled = found = unguarded_fooled = unguarded_found = False
    for attempt, kind in enumerate(random.choice(KINDS, ATTEMPTS, p=SHARES)):
        if attempt == place:
            p_value = _p_value(random.random(ROWS) < BETTER, baseline)
            found = looks.look("the gain", lambda level, p=p_value: p <= level).passed
            unguarded_found = p_value <= UNGUARDED
            continue
        question, p_value = _noise(random, str(kind), attempt, versions, baseline)
        fooled |= looks.look(question, lambda level, p=p_value: p <= level).passed
        unguarded_fooled |= p_value <= UNGUARDED
    return Searched(fooled, found, unguarded_fooled, unguarded_found, len(looks.seen))


def _noise(
    random: np.random.Generator, kind: str, attempt: int, versions: list[Right], baseline: Right
) -> tuple[tuple[int, int], float]:
    """Return what an attempt asks (which version, on rows under which name), and the p-value of the answers."""
    if kind in ("version", "copy") or not versions:
        versions.append(random.random(ROWS) < RATE)
        return (len(versions) - 1, 0), _p_value(versions[-1], baseline)
    version = int(random.integers(len(versions)))
    if kind == "repeat":
        return (version, 0), _p_value(versions[version], baseline)
    count = ROWS if kind == "shuffled" else int(random.integers(ROWS // 2, ROWS))
    rows = random.permutation(ROWS)[:count]
    return (version, attempt), _p_value(versions[version][rows], baseline[rows])


def _p_value(new: Right, old: Right) -> float:
    gained, lost = int((new & ~old).sum()), int((old & ~new).sum())
    return mcnemar(Flips(gained, lost, new.size - gained - lost), one_sided=True)


BENCHMARK = Benchmark(
    name="gate_attack",
    summary="noise tried a thousand times on one sealed set",
    metrics=(
        Metric("false_promotion_rate", "searches in which any noise is promoted", at_most(0.05)),
        Metric("planted_found_rate", "finds 0.5 → 0.65 among the attempts", at_least(0.8)),
        Metric("attempts", "attempts a search", at_least(1000)),
        Metric("service_agrees", "the same through HTTP, SQL and durable jobs", at_least(1)),
        Metric("looks", "looks a search spends, median"),
    ),
    run=run,
)
