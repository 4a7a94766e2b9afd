"""The soak's own judgement: what it calls flat, lost and unexpected."""

from __future__ import annotations

import httpx
import pytest

from tests.soak.calls import Client, Outages, Tally, Unacknowledged
from tests.soak.memory import growth_of
from tests.soak.verdict import without_repeats


def test_memory_that_settles_after_its_warm_up_is_flat_and_a_leak_is_not() -> None:
    settles = [(float(second), 300 + min(second, 200)) for second in range(0, 1000, 2)]
    leaks = [(float(second), 300 + second / 20) for second in range(0, 1000, 2)]
    assert growth_of(settles).is_flat
    assert not growth_of(leaks).is_flat
    assert growth_of(leaks).mb_per_hour == pytest.approx(180)


def test_a_move_to_where_the_label_points_is_no_move() -> None:
    moves = [("a", 1), ("b", 1), ("a", 1), ("a", 2), ("a", 1)]
    assert without_repeats(moves) == [("a", 1), ("b", 1), ("a", 2), ("a", 1)]


async def answered(*answers: httpx.Response | httpx.TransportError) -> Tally:
    """Return the tally of a call that gets these answers, one after the other."""
    waiting = list(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        found = waiting.pop(0)
        if isinstance(found, httpx.TransportError):
            raise found
        return found

    tally = Tally()
    client = Client("http://engine", "key", tally, Outages(), seed=1, transport=httpx.MockTransport(answer))
    try:
        await client.call("push", "POST", "/prompts")
    except Unacknowledged:
        tally.acknowledged["none"] += 1
    await client.close()
    return tally


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code}, headers={"Content-Type": "application/problem+json"})


async def test_what_may_be_repeated_is_repeated_and_is_no_defect() -> None:
    tally = await answered(problem(503, "database.unavailable"), httpx.Response(201, json={}))
    assert (tally.acknowledged, tally.repeated) == ({"push": 1}, {"503 database.unavailable": 1})
    assert not tally.unexpected


async def test_a_fault_is_a_defect_and_so_is_a_connection_that_breaks_while_the_server_is_up() -> None:
    fault = await answered(problem(500, "engine.fault"))
    assert (fault.acknowledged, fault.unexpected) == ({"none": 1}, {"push: 500 engine.fault": 1})
    broken = await answered(httpx.ReadError("gone"), httpx.Response(201, json={}))
    assert (broken.acknowledged, broken.unexpected) == ({"push": 1}, {"push: connection: ReadError": 1})
