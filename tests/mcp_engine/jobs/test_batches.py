"""Many small things at once: everything is kept once, no more go on together than asked for, an error ends all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from mcp_engine.errors import TryLater
from mcp_engine.jobs.batches import in_batches


async def test_everything_is_done_and_kept_once() -> None:
    going, most, kept = 0, 0, list[int]()

    async def do(item: int) -> int:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0)
        going -= 1
        return item * 2

    async def keep(results: Sequence[int]) -> None:
        kept.extend(results)

    await in_batches(range(250), do, keep, at_once=4)
    assert sorted(kept) == [item * 2 for item in range(250)]
    assert most == 4


async def test_nothing_to_do_keeps_nothing() -> None:
    async def keep(_: Sequence[object]) -> None:
        raise AssertionError("there is nothing to keep")

    await in_batches([], keep, keep, at_once=4)


async def test_the_first_error_ends_all_and_is_raised_as_it_is() -> None:
    done: list[int] = []
    stuck = asyncio.Event()

    async def do(item: int) -> int:
        if item == 2:
            raise TryLater("model.unavailable", "Later.")
        if item > 2:
            await stuck.wait()
        done.append(item)
        return item

    async def keep(_: Sequence[int]) -> None:
        """Keep nothing."""

    with pytest.raises(TryLater, match="Later"):
        await in_batches(range(10), do, keep, at_once=4)
    assert done == [0, 1]


async def test_an_error_of_what_keeps_is_raised_as_it_is() -> None:
    async def do(item: int) -> int:
        return item

    async def keep(_: Sequence[int]) -> None:
        raise TryLater("job.taken_away", "Gone.")

    with pytest.raises(TryLater, match="Gone"):
        await in_batches(range(10), do, keep, at_once=2)
