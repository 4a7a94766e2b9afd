"""Questions to the history: which range, in which steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput
from mcp_engine.telemetry.history import series
from mcp_engine.telemetry.history.repository import HistoryRepository
from mcp_engine.telemetry.history.sampler import COARSE_SECONDS, FINE_SECONDS, KEPT, fine_since
from mcp_engine.telemetry.history.schemas import MetricName, MetricsHistory, RoutesUse

MOST_STEPS = 2_000
DEFAULT_RANGE = timedelta(hours=1)
_COMFORTABLE_STEPS = 400
_STEPS = (10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600)


class MetricHistory:
    """Reads what samplers wrote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(
        self,
        metrics: Sequence[MetricName],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        step_seconds: int | None = None,
        route: str | None = None,
    ) -> MetricsHistory:
        """Return metrics in equal steps; the first and the last may reach beyond the range.

        Args:
            since: an hour before `until` when left out.
            until: now when left out.
            step_seconds: as short as fits the range when left out.
            route: method and template, to narrow requests and latency.

        Raises:
            InvalidInput: `metrics.bad_range` when the range is empty or older than what is kept,
                `metrics.too_many_steps` for more than 2,000.
        """
        since, until = _checked(since, until)
        step = _step(since, until, step_seconds)
        begin = math.floor(since.timestamp() / step) * step
        count = math.ceil((until.timestamp() - begin) / step)
        if count > MOST_STEPS:
            raise InvalidInput(
                "metrics.too_many_steps",
                f"That would be {count:,} steps; ask for {MOST_STEPS:,} at the most: a shorter range, or longer steps.",
            )
        times = [datetime.fromtimestamp(begin + number * step, UTC) for number in range(count)]
        async with self._database.global_work() as session:
            rows = await HistoryRepository(session).between(times[0], until, list(metrics))
        steps = series.steps_of(rows, times, step)
        return MetricsHistory(
            since=since,
            until=until,
            step_seconds=step,
            times=times,
            metrics=[series.metric(name, steps, route) for name in metrics],
        )

    async def routes(self, *, since: datetime | None = None, until: datetime | None = None) -> RoutesUse:
        """Return how each route fared in a range; raises as `history`."""
        since, until = _checked(since, until)
        async with self._database.global_work() as session:
            rows = await HistoryRepository(session).between(since, until, ["requests", "latency"])
        return RoutesUse(since=since, until=until, routes=series.routes(series.Step.of(rows)))


def _checked(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    earliest = now - KEPT
    end = now if until is None else max(earliest, min(until, now))
    begin = max(earliest, end - DEFAULT_RANGE if since is None else since)
    if begin >= end:
        raise InvalidInput(
            "metrics.bad_range", "`since` must lie before `until` and before now, and `until` within the last 30 days."
        )
    return begin.astimezone(UTC), end.astimezone(UTC)


def _step(since: datetime, until: datetime, wanted: int | None) -> int:
    """Return a step that is whole samples long."""
    seconds = (until - since).total_seconds()
    step = wanted or next((step for step in _STEPS if seconds / step <= _COMFORTABLE_STEPS), _STEPS[-1])
    width = FINE_SECONDS if since >= fine_since(datetime.now(UTC)) else COARSE_SECONDS
    return math.ceil(step / width) * width
