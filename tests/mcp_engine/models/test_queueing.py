"""Round robin over keys, bounded."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.models.queueing import FairQueue, QueueFull


def drained(queue: FairQueue[str]) -> list[str]:
    items: list[str] = []
    while (item := queue.take()) is not None:
        items.append(item)
    return items


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_every_key_is_served_in_its_order_and_none_waits_for_more_than_one_item_of_each_other(keys: list[str]) -> None:
    queue: FairQueue[str] = FairQueue(100)
    for index, key in enumerate(keys):
        queue.put(key, f"{key}{index}")
    items = drained(queue)
    for key in "abc":
        assert [item for item in items if item[0] == key] == [f"{key}{i}" for i, each in enumerate(keys) if each == key]
    waiting = Counter(keys)
    for start in range(len(items)):
        ahead = Counter(item[0] for item in items[: start + 1])
        assert all(ahead[key] >= min(waiting[key], ahead[items[start][0]] - 1) for key in waiting)
    assert len(queue) == 0


def test_a_key_with_nothing_waiting_gets_a_place_beyond_the_bound() -> None:
    queue: FairQueue[str] = FairQueue(2)
    for item in ("a1", "a2"):
        queue.put("a", item)
    with pytest.raises(QueueFull):
        queue.put("a", "a3")
    queue.put("b", "b1")
    with pytest.raises(QueueFull):
        queue.put("b", "b2")
    queue.put("c", "c1")
    with pytest.raises(QueueFull):
        queue.put("d", "d1")
    assert drained(queue) == ["a1", "b1", "c1", "a2"]


def test_an_item_can_leave_and_come_back_first() -> None:
    queue: FairQueue[str] = FairQueue(4)
    for item in ("a1", "a2"):
        queue.put("a", item)
    queue.put("b", "b1")
    assert queue.remove("a", "a2")
    assert not queue.remove("a", "a2")
    assert not queue.remove("nobody", "x")
    taken = queue.take()
    assert taken == "a1"
    queue.put_back("a", taken)
    assert drained(queue) == ["a1", "b1"]
