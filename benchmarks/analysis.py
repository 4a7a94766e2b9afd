"""How long a look at an experiment of a million observations takes, over REST, as the dashboard asks for it."""

from __future__ import annotations

import time

import psycopg
from sqlalchemy import URL, make_url

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_most
from benchmarks.harness.engine import Engine, running_engine
from benchmarks.harness.experiment import EXPERIMENT, METRIC, start_experiment
from benchmarks.harness.figures import middle

SIZES = (10_000, 100_000, 1_000_000)
LOOKS = 3
_UNITS = """
    INSERT INTO experiment_unit (tenant_id, experiment_id, unit_digest, arm, allocation)
    SELECT tenant_id, id, substring(sha256(CAST(CAST(n AS text) AS bytea)) FOR 16), n %% 2, 0
    FROM experiment, generate_series(%(first)s::bigint, %(last)s::bigint) AS n WHERE id = %(id)s
"""
_OBSERVATIONS = """
    INSERT INTO experiment_observation
        (tenant_id, experiment_id, metric_name, unit_digest, arm, allocation, value, feedback_id)
    SELECT e.tenant_id, e.id, %(metric)s, u.unit_digest, u.arm, 0, {value}, gen_random_uuid()
    FROM experiment e JOIN experiment_unit u ON u.tenant_id = e.tenant_id AND u.experiment_id = e.id
    LEFT JOIN experiment_observation o ON o.tenant_id = u.tenant_id AND o.experiment_id = u.experiment_id
        AND o.unit_digest = u.unit_digest
    WHERE e.id = %(id)s AND o.unit_digest IS NULL
"""
_VALUES = {"binary": "CAST(random() < 0.6 AS int)", "mean": "exp(random() * 3)"}


def run(context: Context) -> Outcome:
    """Fill an experiment's tables behind the engine's back, then ask for its analysis."""
    metrics: dict[str, float] = {}
    for kind in _VALUES:
        with running_engine(workers="0") as engine:
            experiment = start_experiment(engine, kind=kind)["id"]
            first = 1
            for size in SIZES:
                context.say(f"{kind}: {size:,} observations")
                _fill(engine, experiment, kind, first, size)
                first = size + 1
                name = "seconds" if kind == "binary" else "mean_seconds"
                metrics[f"{name}_1e{len(str(size)) - 1}"] = _look(engine)
    return Outcome(metrics, settings={"looks": LOOKS, "arms": 2, "metrics": 1})


def _fill(engine: Engine, experiment: str, kind: str, first: int, last: int) -> None:
    with psycopg.connect(_plain(engine.database().owner)) as connection:
        # An owner sees all rows; the tables are the tenant's, and their rows are counted like any other.
        values = {"first": first, "last": last, "id": experiment, "metric": METRIC}
        connection.execute(_UNITS.encode(), values)
        connection.execute(_OBSERVATIONS.format(value=_VALUES[kind]).encode(), values)
    with psycopg.connect(_plain(engine.database().owner), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE experiment_unit, experiment_observation")


def _look(engine: Engine) -> float:
    seconds: list[float] = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        found = engine.call("GET", f"/experiments/{EXPERIMENT}/analysis")
        seconds.append(time.perf_counter() - began)
        assert found["comparisons"], "there is something to look at"
    return middle(seconds)


def _plain(url: str | URL) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


BENCHMARK = Benchmark(
    name="analysis",
    summary="a look at an experiment",
    metrics=(
        Metric("seconds_1e4", "10,000 right or wrong, s"),
        Metric("seconds_1e5", "100,000 right or wrong, s"),
        Metric("seconds_1e6", "1,000,000 right or wrong, s", at_most(2)),
        Metric("mean_seconds_1e6", "1,000,000 numbers, s", at_most(2)),
    ),
    run=run,
)
