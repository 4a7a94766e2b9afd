"""Recent reads: shared, short-lived, and forgotten with the first change of their tenant."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable

import pytest

from mcp_engine.access import Caller
from mcp_engine.artifacts.recent import RecentReads
from mcp_engine.audit.events import AuditEvent, append, append_all
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound
from mcp_engine.identifiers import new_id
from tests.conftest import make_tenant

TENANT = new_id()


class Source:
    """Counts how often it was read."""

    def __init__(self) -> None:
        self.reads = 0
        self.now = 0.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.recent = RecentReads[int](lambda: self.now, ttl_seconds=1.0, capacity=2)

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.gate.wait()
        return number

    def get(self, key: str = "a") -> Awaitable[int]:
        return self.recent.get(TENANT, key, self.read)


async def test_a_value_is_read_once_until_its_time_is_over() -> None:
    source = Source()
    assert [await source.get(), await source.get()] == [1, 1]
    source.now = 1.0
    assert await source.get() == 2


async def test_callers_at_the_same_time_share_one_read_even_when_the_first_goes_away() -> None:
    source = Source()
    source.gate.clear()
    first, second = asyncio.ensure_future(source.get()), asyncio.ensure_future(source.get())
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 1
    assert source.reads == 1


async def test_a_change_during_the_read_is_not_hidden() -> None:
    source = Source()
    source.gate.clear()
    before = asyncio.ensure_future(source.get())
    await asyncio.sleep(0)
    source.recent.changed(TENANT, "label.moved")
    source.gate.set()
    assert await source.get() == 2
    assert await before == 1
    assert await source.get() == 2


async def test_runs_change_nothing_and_other_tenants_neither() -> None:
    source = Source()
    await source.get()
    source.recent.changed(TENANT, "execution.ended")
    source.recent.changed(new_id(), "label.moved")
    assert await source.get() == 1


async def test_the_oldest_value_leaves_when_there_are_too_many() -> None:
    source = Source()
    for key in ("a", "b", "c"):
        await source.get(key)
    assert await source.get("c") == 3
    assert await source.get("a") == 4


async def test_an_error_is_not_kept() -> None:
    recent = RecentReads[int]()

    async def missing() -> int:
        raise NotFound("prompt.not_found", "There is none.")

    async def present() -> int:
        return 7

    with pytest.raises(NotFound):
        await recent.get(TENANT, "a", missing)
    assert await recent.get(TENANT, "a", present) == 7


@pytest.mark.parametrize("many", [False, True])
async def test_it_hears_of_committed_changes_of_its_tenant_only(database: Database, caller: Caller, many: bool) -> None:
    other = await make_tenant(database)
    source = Source()
    read: Callable[[], Awaitable[int]] = lambda: source.recent.get(caller.tenant_id, "a", source.read)  # noqa: E731
    event = AuditEvent("prompt.pushed", "p1")
    assert await read() == 1
    async with database.unit_of_work(other.tenant_id, other.principal_id) as work:
        await append(work, event)
    with pytest.raises(RuntimeError):
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await append(work, event)
            raise RuntimeError
    assert await read() == 1
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await (append_all(work, [event]) if many else append(work, event))
        assert await read() == 1
    assert await read() == 2


def test_nothing_keeps_it_alive() -> None:
    kept = weakref.ref(RecentReads[int]())
    gc.collect()
    assert kept() is None
