"""What is sampled of a registry, and how samples add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mcp_engine.telemetry.history.measures import Values, added, growth, quantile, totals
from mcp_engine.telemetry.metrics import SECONDS_BUCKETS

WIDTH = len(SECONDS_BUCKETS) + 1


class Engine:
    """A registry with the engine's names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("mcp_engine_http_requests", "", ["method", "route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "mcp_engine_http_request_seconds", "", ["method", "route"], buckets=SECONDS_BUCKETS, registry=self.registry
        )
        self.queue = Gauge("mcp_engine_model_queue_length", "", ["model"], registry=self.registry)

    def answer(self, route: str, status: int, seconds: float) -> None:
        self.requests.labels("GET", route, str(status)).inc()
        self.seconds.labels("GET", route).observe(seconds)


def test_growth_is_what_happened_in_between() -> None:
    engine = Engine()
    engine.answer("/a", 200, 0.02)
    before = totals(engine.registry)
    engine.answer("/a", 200, 0.02)
    engine.answer("/a", 204, 1000)
    engine.answer("/b", 503, 0.001)
    engine.queue.labels("local").set(4)
    grown = growth(before, totals(engine.registry))
    assert grown["requests"] == {"GET /a 2xx": 2.0, "GET /b 5xx": 1.0}
    assert grown["queue"] == {"model": 4.0}
    slow, fast = grown["latency"]["GET /a"], grown["latency"]["GET /b"]
    assert isinstance(slow, list)
    assert isinstance(fast, list)
    assert (slow[2], slow[-1], sum(slow), fast[0], sum(fast)) == (1.0, 1.0, 2.0, 1.0, 1.0)


def test_a_quiet_time_takes_no_room_but_gauges_say_that_they_are_zero() -> None:
    engine = Engine()
    engine.answer("/a", 200, 0.02)
    engine.queue.labels("local").set(0)
    now = totals(engine.registry)
    assert growth(now, now) == {"queue": {"model": 0.0}}


def test_samples_add_up_and_gauges_keep_their_peak() -> None:
    one: Values = {"tokens": {"input": 2.0}, "queue": {"jobs": 7.0}, "latency": {"GET /a": [1.0] * WIDTH}}
    two: Values = {
        "tokens": {"input": 3.0, "output": 1.0},
        "queue": {"jobs": 2.0},
        "latency": {"GET /a": [2.0] * WIDTH},
    }
    assert added([one, two]) == {
        "tokens": {"input": 5.0, "output": 1.0},
        "queue": {"jobs": 7.0},
        "latency": {"GET /a": [3.0] * WIDTH},
    }


def test_a_histogram_of_a_release_with_other_buckets_is_replaced_by_the_newer() -> None:
    assert added([{"latency": {"r": [1.0, 2.0]}}, {"latency": {"r": [5.0] * WIDTH}}]) == {
        "latency": {"r": [5.0] * WIDTH}
    }


def buckets(**counts: float) -> list[float]:
    found = [0.0] * WIDTH
    for name, count in counts.items():
        found[int(name.removeprefix("b"))] = count
    return found


@pytest.mark.parametrize(
    ("histogram", "q", "expected"),
    [
        (buckets(), 0.5, None),
        ([], 0.5, None),
        (buckets(b0=10), 0.5, 0.0025),  # half-way up to 5 ms
        (buckets(b0=5, b1=5), 0.99, pytest.approx(0.0099)),
        (buckets(b1=1), 0.5, 0.0075),
        (buckets(b15=3), 0.5, 300),  # above the last bound all that is known is the bound
    ],
)
def test_quantiles_are_those_of_prometheus(histogram: list[float], q: float, expected: float | None) -> None:
    assert quantile(histogram, q) == expected


@given(st.lists(st.floats(0.0001, 299), min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(durations: list[float], q: float) -> None:
    engine = Engine()
    for seconds in durations:
        engine.answer("/a", 200, seconds)
    histogram = totals(engine.registry)["latency"]["GET /a"]
    assert isinstance(histogram, list)
    found = quantile(histogram, q)
    ordered = sorted(durations)
    true = ordered[min(len(ordered) - 1, max(0, -int(-q * len(ordered) // 1) - 1))]
    upper = next(bound for bound in SECONDS_BUCKETS if true <= bound)
    lower = max((bound for bound in SECONDS_BUCKETS if bound < true), default=0.0)
    assert found is not None
    assert lower <= found <= upper + 1e-9
