"""What was read from the registry a moment ago, for callers that ask for the same again and again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from uuid import UUID

from mcp_engine.audit import events

T = TypeVar("T")
TTL_SECONDS = 1.0
_UNCHANGING = ("execution.", "exposure.", "feedback.")
"""Kinds of audit entries that say nothing new about the registry, and come with every run."""


class RecentReads(Generic[T]):
    """Values by tenant and key, each trusted for `ttl_seconds`.

    A change that this server commits is seen at once: every change is an audit entry, and one of a
    tenant makes all its values be read again. Another server's change is seen when the time is over.
    Callers that ask at the same time share one read. Errors are never kept.

    Args:
        clock: monotonic seconds.
        capacity: values kept; the oldest leaves first.
        about: kinds of audit entries that change these values begin so; others leave them.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        ttl_seconds: float = TTL_SECONDS,
        capacity: int = 4096,
        about: str = "",
    ) -> None:
        self._about = about
        self._clock = clock
        self._ttl_seconds = ttl_seconds
        self._capacity = capacity
        self._kept: OrderedDict[tuple[UUID, Hashable], tuple[float, int, T]] = OrderedDict()
        self._reading: dict[tuple[UUID, Hashable, int], asyncio.Task[T]] = {}
        self._changes: Counter[UUID] = Counter()
        events.listen(self)

    def changed(self, tenant_id: UUID, kind: str) -> None:
        if kind.startswith(self._about) and not kind.startswith(_UNCHANGING):
            self._changes[tenant_id] += 1

    async def get(self, tenant_id: UUID, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """Return the value of a key, from `read` unless it is fresh here; raises what `read` raises."""
        place, changes = (tenant_id, key), self._changes[tenant_id]
        kept = self._kept.get(place)
        if kept is not None and kept[0] > self._clock() and kept[1] == changes:
            return kept[2]
        running = self._reading.get((*place, changes))
        if running is None:
            running = asyncio.create_task(self._read(place, changes, read))
            self._reading[*place, changes] = running
            running.add_done_callback(lambda task: self._done((*place, changes), task))
        # The read goes on when this caller is cancelled: others may wait for it.
        return await asyncio.shield(running)

    def _done(self, read: tuple[UUID, Hashable, int], task: asyncio.Task[T]) -> None:
        del self._reading[read]
        if not task.cancelled():
            task.exception()  # seen here too, or asyncio reports it when everybody who asked has gone

    async def _read(self, place: tuple[UUID, Hashable], changes: int, read: Callable[[], Awaitable[T]]) -> T:
        until = self._clock() + self._ttl_seconds
        value = await read()
        # What was changed meanwhile is kept under the number of before, and so never given again.
        self._kept[place] = (until, changes, value)
        self._kept.move_to_end(place)
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return value
