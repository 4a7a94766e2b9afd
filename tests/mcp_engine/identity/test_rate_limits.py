"""GCRA: never more than the burst plus the rate, never a refusal for who keeps the rate."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import SlowDown
from mcp_engine.identity.rate_limits import RateLimiter

KEY, OTHER = UUID(int=1), UUID(int=2)
rates = st.floats(min_value=0.01, max_value=10_000)
bursts = st.integers(min_value=1, max_value=50)


class Seconds:
    def __init__(self, start: float = 1000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


@given(rates, bursts, st.lists(st.floats(min_value=0, max_value=3), max_size=120))
def test_no_window_holds_more_than_burst_plus_rate(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Seconds()
    limiter = RateLimiter(clock)
    granted: list[float] = []
    for pause in pauses:
        clock.now += pause / rate
        try:
            limiter.spend(KEY, requests_per_second=rate, burst=burst)
        except SlowDown:
            continue
        granted.append(clock.now)
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            allowed = burst + rate * (granted[last] - granted[first])
            assert last - first + 1 <= allowed + 1e-3 * rate + 1e-6


@given(rates, bursts, st.integers(min_value=1, max_value=60))
def test_who_keeps_the_rate_is_never_refused(rate: float, burst: int, count: int) -> None:
    clock = Seconds()
    limiter = RateLimiter(clock)
    for _ in range(count):
        limiter.spend(KEY, requests_per_second=rate, burst=burst)
        clock.now += 1 / rate


@given(rates, bursts)
def test_waiting_as_told_is_enough_and_half_of_it_is_not(rate: float, burst: int) -> None:
    clock = Seconds()
    limiter = RateLimiter(clock)
    for _ in range(burst):
        limiter.spend(KEY, requests_per_second=rate, burst=burst)
    with pytest.raises(SlowDown) as refusal:
        limiter.spend(KEY, requests_per_second=rate, burst=burst)
    wait = refusal.value.retry_after_seconds
    assert wait == pytest.approx(1 / rate, rel=1e-3)
    clock.now += wait / 2
    with pytest.raises(SlowDown):
        limiter.spend(KEY, requests_per_second=rate, burst=burst)
    clock.now += wait / 2
    limiter.spend(KEY, requests_per_second=rate, burst=burst)


def test_credentials_do_not_spend_each_others_limit() -> None:
    limiter = RateLimiter(Seconds())
    limiter.spend(KEY, requests_per_second=1, burst=1)
    limiter.spend(OTHER, requests_per_second=1, burst=1)
    with pytest.raises(SlowDown):
        limiter.spend(KEY, requests_per_second=1, burst=1)


def test_memory_is_bounded_and_the_longest_idle_credential_leaves_first() -> None:
    limiter = RateLimiter(Seconds(), capacity=3)
    for number in (1, 2, 3, 1, 4):
        limiter.spend(UUID(int=number), requests_per_second=1, burst=2)
    assert len(limiter) == 3
    with pytest.raises(SlowDown):
        limiter.spend(UUID(int=1), requests_per_second=1, burst=2)
