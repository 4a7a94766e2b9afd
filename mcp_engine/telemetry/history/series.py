"""Lines of a chart from samples: counts become rates, histograms quantiles, gauges their highest value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from mcp_engine.telemetry.history.measures import Value, added, quantile
from mcp_engine.telemetry.history.schemas import Metric, MetricName, RouteUse, Series
from mcp_engine.telemetry.history.tables import MetricSample

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_UNITS: dict[MetricName, str] = {
    "requests": "requests/s",
    "latency": "seconds",
    "tokens": "tokens/s",
    "first_token": "seconds",
    "queue": "waiting",
    "running": "executions",
    "executions": "executions/s",
    "caches": "lookups/s",
    "memory": "bytes",
    "cpu": "cores",
}
_LABELS: dict[MetricName, str] = {
    "requests": "status",
    "tokens": "direction",
    "queue": "queue",
    "running": "kind",
    "executions": "status",
    "caches": "result",
    "memory": "server",
    "cpu": "server",
}


@dataclass(frozen=True, slots=True)
class Step:
    """The samples of one step, one sum per server."""

    seconds: dict[str, float]
    measured: dict[str, dict[str, dict[str, Value]]]

    @classmethod
    def of(cls, samples: Iterable[MetricSample]) -> Step:
        by_server = defaultdict[str, list[MetricSample]](list)
        for sample in samples:
            by_server[sample.server].append(sample)
        return cls(
            {server: sum(sample.seconds for sample in found) for server, found in by_server.items()},
            {server: added(sample.measured for sample in found) for server, found in by_server.items()},
        )

    def numbers(self, measure: str) -> list[tuple[str, str, float, float]]:
        """Return (server, key, value, seconds) of a counter or gauge."""
        return [
            (server, key, cast(float, value), self.seconds[server])
            for server, measured in self.measured.items()
            for key, value in measured.get(measure, {}).items()
        ]

    def histogram(self, measure: str, wanted: Callable[[str], bool]) -> list[float]:
        """Return the buckets of all servers and of the wanted keys as one histogram."""
        groups = (
            {measure: {"": value}}
            for measured in self.measured.values()
            for key, value in measured.get(measure, {}).items()
            if wanted(key)
        )
        return cast("list[float]", added(groups).get(measure, {}).get("", []))


def steps_of(samples: Iterable[MetricSample], times: Sequence[datetime], step_seconds: int) -> list[Step]:
    """Return one `Step` for each of `times`."""
    sorted_in = [list[MetricSample]() for _ in times]
    for sample in samples:
        index = int((sample.at - times[0]).total_seconds() // step_seconds)
        if 0 <= index < len(sorted_in):
            sorted_in[index].append(sample)
    return [Step.of(found) for found in sorted_in]


def metric(name: MetricName, steps: Sequence[Step], route: str | None = None) -> Metric:
    """Return the lines of one metric; `route` (method and template) narrows requests and latency."""
    match name:
        case "latency" | "first_token":
            series = _quantiles(name, steps, route if name == "latency" else None)
        case "requests":
            series = _rates(name, steps, lambda key: _status_of(key, route))
        case "tokens" | "executions" | "caches":
            series = _rates(name, steps, lambda key: key)
        case "cpu":
            series = _by_server(name, steps, lambda value, seconds: value / seconds)
        case "memory":
            series = _by_server(name, steps, lambda value, _: value)
        case "queue" | "running":
            series = _gauges(name, steps)
    return Metric(metric=name, unit=_UNITS[name], series=series)


def routes(step: Step) -> list[RouteUse]:
    """Return how each route fared, the busiest first."""
    counts = defaultdict[str, dict[str, float]](lambda: defaultdict(float))
    for _, key, value, _ in step.numbers("requests"):
        route, _, status = key.rpartition(" ")
        counts[route][status] += value
    found = [_route_use(route, by_status, step) for route, by_status in counts.items()]
    return sorted(found, key=lambda use: (-use.requests, use.route, use.method))


def _route_use(name: str, by_status: dict[str, float], step: Step) -> RouteUse:
    method, _, route = name.partition(" ")
    buckets = step.histogram("latency", lambda key: key == name)
    return RouteUse(
        method=method,
        route=route,
        requests=round(sum(by_status.values())),
        refused=round(by_status.get("4xx", 0)),
        failed=round(by_status.get("5xx", 0)),
        **{label: quantile(buckets, q) for label, q in QUANTILES.items()},
    )


def _status_of(key: str, route: str | None) -> str | None:
    found, _, status = key.rpartition(" ")
    return status if route is None or found == route else None


def _rates(name: MetricName, steps: Sequence[Step], key_of: Callable[[str], str | None]) -> list[Series]:
    return _lines(
        name,
        steps,
        lambda step: [
            (label, value / seconds)
            for _, key, value, seconds in step.numbers(name)
            if (label := key_of(key)) is not None
        ],
        sum,
    )


def _by_server(name: MetricName, steps: Sequence[Step], of: Callable[[float, float], float]) -> list[Series]:
    found = _lines(
        name,
        steps,
        lambda step: [(server, of(value, seconds)) for server, _, value, seconds in step.numbers(name)],
        max,
    )
    # A server that was not there has used nothing, which is no zero.
    return [
        Series(
            labels=line.labels,
            values=[
                value if line.labels["server"] in step.seconds else None
                for value, step in zip(line.values, steps, strict=True)
            ],
        )
        for line in found
    ]


def _gauges(name: MetricName, steps: Sequence[Step]) -> list[Series]:
    return _lines(name, steps, lambda step: [(key, value) for _, key, value, _ in step.numbers(name)], max)


def _quantiles(name: MetricName, steps: Sequence[Step], route: str | None) -> list[Series]:
    histograms = [step.histogram(name, lambda key: route is None or key == route) for step in steps]
    if not any(histograms):
        return []
    return [
        Series(labels={"quantile": label}, values=[quantile(buckets, q) for buckets in histograms])
        for label, q in QUANTILES.items()
    ]


def _lines(
    name: MetricName,
    steps: Sequence[Step],
    points: Callable[[Step], Iterable[tuple[str, float]]],
    join: Callable[[list[float]], float],
) -> list[Series]:
    """Return one line a label: 0 where a server ran and counted nothing, null where none ran."""
    found = [_grouped(points(step)) for step in steps]
    labels = sorted({label for step in found for label in step})
    return [
        Series(
            labels={_LABELS[name]: label},
            values=[
                join(values.get(label, [0.0])) if step.seconds else None
                for values, step in zip(found, steps, strict=True)
            ],
        )
        for label in labels
    ]


def _grouped(points: Iterable[tuple[str, float]]) -> dict[str, list[Any]]:
    grouped = defaultdict[str, list[float]](list)
    for label, value in points:
        grouped[label].append(value)
    return grouped
