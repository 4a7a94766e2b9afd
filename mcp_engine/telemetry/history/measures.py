"""What is sampled of the Prometheus registry, and how samples add up.

A sample holds, per measure, a few keys: what a counter or each bucket of a histogram grew by, or a
gauge as it was. Growth instead of totals makes a restart no special case, and lets samples of
several servers and of longer times be added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from prometheus_client import CollectorRegistry

from mcp_engine.telemetry.metrics import SECONDS_BUCKETS

Kind = Literal["counter", "gauge", "histogram"]
Value = float | list[float]
Values = dict[str, dict[str, Value]]
"""Per measure and key: a number, or for a histogram the counts of its buckets, each without the ones below it."""
_BUCKETS: Final = [*SECONDS_BUCKETS, float("inf")]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is sampled: the samples of `source` in the registry, grouped by `key` of their labels."""

    name: str
    kind: Kind
    source: str
    key: Callable[[Mapping[str, str]], str]


def _route(labels: Mapping[str, str]) -> str:
    return f"{labels['method']} {labels['route']}"


def status_class(status: str) -> str:
    return f"{status[:1]}xx"


def _named(name: str) -> Callable[[Mapping[str, str]], str]:
    return lambda labels: labels[name]


def _fixed(key: str) -> Callable[[Mapping[str, str]], str]:
    return lambda _: key


MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        "requests",
        "counter",
        "mcp_engine_http_requests_total",
        lambda labels: f"{_route(labels)} {status_class(labels['status'])}",
    ),
    Measure("latency", "histogram", "mcp_engine_http_request_seconds_bucket", _route),
    Measure("tokens", "counter", "mcp_engine_model_tokens_total", _named("direction")),
    Measure("first_token", "histogram", "mcp_engine_model_first_token_seconds_bucket", _named("model")),
    Measure("executions", "counter", "mcp_engine_executions_total", _named("status")),
    Measure(
        "caches", "counter", "mcp_engine_cache_lookups_total", lambda labels: f"{labels['cache']} {labels['result']}"
    ),
    Measure("cpu", "counter", "process_cpu_seconds_total", _fixed("server")),
    Measure("running", "gauge", "mcp_engine_executions_running", _named("kind")),
    Measure("queue", "gauge", "mcp_engine_model_queue_length", _fixed("model")),
    Measure("queue", "gauge", "mcp_engine_jobs_unfinished", _fixed("jobs")),
    Measure("queue", "gauge", "mcp_engine_audit_unsequenced_entries", _fixed("audit log")),
    Measure("memory", "gauge", "process_resident_memory_bytes", _fixed("server")),
)
KINDS: Final[Mapping[str, Kind]] = {measure.name: measure.kind for measure in MEASURES}
_BY_SOURCE: Final = {measure.source: measure for measure in MEASURES}


def totals(registry: CollectorRegistry) -> Values:
    """Return every measure as it stands now."""
    found: Values = {}
    for family in registry.collect():
        for sample in family.samples:
            measure = _BY_SOURCE.get(sample.name)
            if measure is None:
                continue
            group, key = found.setdefault(measure.name, {}), measure.key(sample.labels)
            if measure.kind == "histogram":
                buckets = cast("list[float]", group.setdefault(key, [0.0] * len(_BUCKETS)))
                buckets[_BUCKETS.index(float(sample.labels["le"]))] += sample.value
            else:
                group[key] = cast(float, group.get(key, 0.0)) + sample.value
    return {
        name: {key: _separate(value) if isinstance(value, list) else value for key, value in group.items()}
        for name, group in found.items()
    }


def growth(before: Values, now: Values) -> Values:
    """Return what happened between two totals: growth of counters and histograms where there was any; gauges as now."""
    grown: Values = {}
    for name, group in now.items():
        earlier = before.get(name, {}) if KINDS[name] != "gauge" else {}
        changed = {key: _minus(value, earlier.get(key)) for key, value in group.items()}
        kept = {key: value for key, value in changed.items() if KINDS[name] == "gauge" or _is_any(value)}
        if kept:
            grown[name] = kept
    return grown


def added(samples: Iterable[Mapping[str, Mapping[str, Any]]]) -> Values:
    """Return samples of one server as one: counts added, gauges at their highest."""
    whole: Values = {}
    for sample in samples:
        for name, group in sample.items():
            into = whole.setdefault(name, {})
            for key, value in group.items():
                into[key] = _joined(KINDS.get(name), into.get(key), value)
    return whole


def _joined(kind: Kind | None, one: Value | None, other: Value) -> Value:
    if one is None:
        return other
    if isinstance(one, list) or isinstance(other, list):
        if not (isinstance(one, list) and isinstance(other, list) and len(one) == len(other)):
            return other  # of a release with other buckets
        return [left + right for left, right in zip(one, other, strict=True)]
    return max(one, other) if kind == "gauge" else one + other


def quantile(buckets: list[float], q: float) -> float | None:
    """Return the estimated quantile of a histogram in its unit; None when it is empty.

    As Prometheus's `histogram_quantile`: linear between the bounds of the bucket in which it falls; above the last
    finite bound, that bound.
    """
    total = sum(buckets)
    if total <= 0 or len(buckets) != len(_BUCKETS):
        return None
    rank, below = q * total, 0.0
    for index, count in enumerate(buckets[:-1]):
        if count and below + count >= rank:
            lower = _BUCKETS[index - 1] if index else 0.0
            return lower + (_BUCKETS[index] - lower) * (rank - below) / count
        below += count
    return _BUCKETS[-2]


def _separate(cumulative: list[float]) -> list[float]:
    return [count - before for before, count in zip([0.0, *cumulative], cumulative, strict=False)]


def _minus(value: Value, earlier: Value | None) -> Value:
    if earlier is None:
        return value
    if isinstance(value, list):
        return [now - then for now, then in zip(value, cast("list[float]", earlier), strict=True)]
    return value - cast(float, earlier)


def _is_any(value: Value) -> bool:
    return any(value) if isinstance(value, list) else value > 0
