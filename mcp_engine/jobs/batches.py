"""Many small things of one job: several at once, and what is ready is kept while others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_KEPT_AT_ONCE = 100


async def in_batches(
    items: Sequence[T],
    do: Callable[[T], Awaitable[R]],
    keep: Callable[[Sequence[R]], Awaitable[None]],
    *,
    at_once: int,
) -> None:
    """Do every item, `at_once` of them together, and give `keep` what is ready, in the order in which it became so.

    `keep` is called in the caller's own task, so that it may open the job's unit of work.

    Raises:
        Exception: what ended the first item, or `keep`; what was not kept by then is lost.
    """
    waiting, ready = iter(items), asyncio.Queue[R](_KEPT_AT_ONCE)

    async def work_off() -> None:
        for item in waiting:
            await ready.put(await do(item))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work_off())
            kept = 0
            while kept < len(items):
                results = [await ready.get()]
                while not ready.empty() and len(results) < _KEPT_AT_ONCE:
                    results.append(ready.get_nowait())
                await keep(results)
                kept += len(results)
    except ExceptionGroup as errors:
        # The first one says whether a repeat may help.
        raise errors.exceptions[0] from errors
