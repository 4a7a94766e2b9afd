"""The history: sampled, asked for, condensed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import pytest_asyncio

from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url
from mcp_engine.errors import InvalidInput
from mcp_engine.telemetry.history.repository import HistoryRepository
from mcp_engine.telemetry.history.sampler import COARSE_SECONDS, FINE_SECONDS, MetricSampler, condense, fine_since
from mcp_engine.telemetry.history.schemas import METRIC_NAMES, MetricName, MetricsHistory
from mcp_engine.telemetry.history.service import MetricHistory
from mcp_engine.telemetry.history.tables import MetricSample
from tests.conftest import APP_PASSWORD, copy_template
from tests.mcp_engine.telemetry.history.test_measures import WIDTH, Engine

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
RECENT = NOW - timedelta(minutes=10)
FAST = [8.0] + [0.0] * (WIDTH - 1)

Keep = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def emptied(postgres: EmbeddedPostgres, migrated_template: str) -> AsyncIterator[Database]:
    database = Database(app_url(copy_template(postgres, migrated_template), APP_PASSWORD))
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def samples(emptied: Database) -> Database:
    """A database without samples, which belong to no tenant."""
    async with emptied.global_work() as session:
        await HistoryRepository(session).remove_before(NOW + timedelta(days=1))
    return emptied


@pytest.fixture
def keep(samples: Database) -> Keep:
    """Store one sample."""

    async def store(
        at: datetime, measured: dict[str, Any], *, server: str = "one", width: int = 10, seconds: float | None = None
    ) -> None:
        row = MetricSample(width_seconds=width, at=at, server=server, seconds=seconds or width, measured=measured)
        async with samples.global_work() as session:
            await HistoryRepository(session).add([row])

    return store


async def ask(
    database: Database, *names: MetricName, since: datetime = RECENT, minutes: int = 1, **options: Any
) -> MetricsHistory:
    until = since + timedelta(minutes=minutes)
    return await MetricHistory(database).history(names, since=since, until=until, **options)


def lines(found: MetricsHistory, name: MetricName) -> dict[str, list[float | None]]:
    [metric] = [metric for metric in found.metrics if metric.metric == name]
    return {next(iter(series.labels.values())): series.values for series in metric.series}


async def nothing() -> None:
    """Gauges of the test are set already."""


async def test_what_the_sampler_writes_can_be_asked_for(samples: Database) -> None:
    engine = Engine()
    engine.answer("/before", 200, 1)
    sampler = MetricSampler(samples, "one", nothing, registry=engine.registry)
    await sampler.start()
    await sampler.stop()
    engine.answer("/a", 200, 0.001)
    engine.answer("/a", 500, 0.001)
    engine.queue.labels("local").set(3)
    await sampler.sample(RECENT + timedelta(seconds=20.2))
    found = await ask(samples, "requests", "latency", "queue", step_seconds=10)
    # The stretch that ends at :20 began at :10; before and after it no server ran.
    assert [moment - RECENT for moment in found.times] == [timedelta(seconds=seconds) for seconds in range(0, 60, 10)]
    requests = lines(found, "requests")
    assert requests.keys() == {"2xx", "5xx"}
    assert [value is None for value in requests["2xx"]] == [True, False, True, True, True, True]
    assert requests["2xx"] == requests["5xx"]
    assert lines(found, "latency")["p50"][1] == 0.0025
    assert lines(found, "queue") == {"model": [None, 3.0, None, None, None, None]}


async def test_a_sample_that_was_not_stored_is_in_the_next(samples: Database) -> None:
    engine = Engine()
    failing = True

    async def look() -> None:
        if failing:
            raise OSError("the database is away")

    sampler = MetricSampler(samples, "one", look, registry=engine.registry)
    engine.answer("/a", 200, 0.001)
    with pytest.raises(OSError, match="away"):
        await sampler.sample(RECENT)
    failing = False
    await sampler.sample(RECENT + timedelta(seconds=10))
    [use] = (await MetricHistory(samples).routes(since=RECENT, until=NOW)).routes
    assert (use.method, use.route, use.requests) == ("GET", "/a", 1)


async def test_counts_become_rates_over_what_was_covered(samples: Database, keep: Keep) -> None:
    await keep(RECENT, {"tokens": {"input": 30}})
    await keep(RECENT + timedelta(seconds=10), {"tokens": {"input": 10, "output": 20}})
    await keep(RECENT + timedelta(seconds=30), {}, seconds=5)
    found = await ask(samples, "tokens", step_seconds=20)
    assert lines(found, "tokens") == {"input": [2.0, 0.0, None], "output": [1.0, 0.0, None]}


async def test_servers_add_up_but_their_memory_does_not(samples: Database, keep: Keep) -> None:
    await keep(RECENT, {"tokens": {"input": 10}, "memory": {"server": 5}, "cpu": {"server": 20}})
    await keep(RECENT, {"tokens": {"input": 30}, "queue": {"jobs": 2}, "memory": {"server": 7}}, server="two")
    found = await ask(samples, "tokens", "memory", "cpu", "queue", step_seconds=60)
    assert lines(found, "tokens") == {"input": [4.0]}
    assert lines(found, "memory") == {"one": [5.0], "two": [7.0]}
    assert lines(found, "cpu") == {"one": [2.0]}
    assert lines(found, "queue") == {"jobs": [2.0]}


async def test_one_route_alone(samples: Database, keep: Keep) -> None:
    slow = [0.0] * (WIDTH - 1) + [1.0]
    await keep(
        RECENT,
        {
            "requests": {"GET /a 2xx": 8, "POST /b 4xx": 1, "POST /b 5xx": 2},
            "latency": {"GET /a": FAST, "POST /b": slow},
        },
    )
    found = await ask(samples, "requests", "latency", step_seconds=60, route="GET /a")
    assert lines(found, "requests") == {"2xx": [0.8]}
    assert lines(found, "latency")["p99"] == [pytest.approx(0.00495)]
    first, second = (await MetricHistory(samples).routes(since=RECENT, until=NOW)).routes
    assert (first.route, first.requests, first.refused, first.failed, first.p50) == ("/a", 8, 0, 0, 0.0025)
    assert (second.method, second.requests, second.refused, second.failed, second.p99) == ("POST", 3, 1, 2, 300)


async def test_old_samples_are_condensed_and_very_old_ones_go(samples: Database, keep: Keep) -> None:
    old = fine_since(NOW) - timedelta(seconds=COARSE_SECONDS)
    for number in range(3):
        at = old + timedelta(seconds=number * FINE_SECONDS)
        await keep(at, {"tokens": {"input": 10}, "queue": {"jobs": number}, "latency": {"GET /a": FAST}})
    await keep(old, {"tokens": {"input": 1}}, server="two")
    await keep(RECENT, {"tokens": {"input": 5}})
    await keep(NOW - timedelta(days=31), {"tokens": {"input": 9}}, width=COARSE_SECONDS)
    for _ in range(2):  # a second time finds nothing to do
        await condense(samples, NOW)
    async with samples.global_work() as session:
        rows = await HistoryRepository(session).between(NOW - timedelta(days=99), NOW, ["tokens", "queue", "latency"])
    assert [(row.width_seconds, row.server, row.seconds) for row in sorted(rows, key=lambda row: row.server)] == [
        (COARSE_SECONDS, "one", 30.0),
        (FINE_SECONDS, "one", 10.0),
        (COARSE_SECONDS, "two", 10.0),
    ]
    found = await ask(samples, "tokens", "queue", "latency", since=old, minutes=5, step_seconds=10)
    # Asked for ten seconds; the past is kept in five minutes.
    assert (found.step_seconds, found.times) == (COARSE_SECONDS, [old])
    assert lines(found, "tokens") == {"input": [1.1]}
    assert lines(found, "queue") == {"jobs": [2.0]}


async def test_every_metric_has_a_unit_and_an_empty_history_has_no_lines(samples: Database) -> None:
    found = await ask(samples, *METRIC_NAMES)
    assert [metric.metric for metric in found.metrics] == list(METRIC_NAMES)
    assert all(metric.unit and metric.series == [] for metric in found.metrics)


@pytest.mark.parametrize(("hours", "step"), [(1, 10), (3, 30), (6, 60), (7, 300), (24, 300), (24 * 30, 7200)])
async def test_the_step_fits_the_range(samples: Database, hours: int, step: int) -> None:
    now = datetime.now(UTC)
    found = await MetricHistory(samples).history(["queue"], since=now - timedelta(hours=hours), until=now)
    assert found.step_seconds == step
    assert len(found.times) <= 362


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (NOW, RECENT, "metrics.bad_range"),
        (NOW + timedelta(days=1), NOW + timedelta(days=2), "metrics.bad_range"),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), "metrics.bad_range"),
        (None, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "metrics.bad_range"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12))), None, "metrics.bad_range"),
        (NOW - timedelta(days=30), datetime(9999, 12, 31, tzinfo=UTC), "metrics.too_many_steps"),
    ],
)
async def test_ranges_that_make_no_sense_say_so(
    samples: Database, since: datetime | None, until: datetime | None, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await MetricHistory(samples).history(["queue"], since=since, until=until, step_seconds=10)
    assert refused.value.code == code
