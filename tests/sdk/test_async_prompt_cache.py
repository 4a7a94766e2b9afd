"""The same promises on an event loop."""

from __future__ import annotations

import asyncio

import pytest

from mcp_engine_client import AsyncClient
from mcp_engine_client.errors import Unreachable
from tests.sdk.registry import Registry, Reply


async def asked(registry: Registry, count: int) -> None:
    async with asyncio.timeout(30):
        while len(registry.asked) < count:
            await asyncio.sleep(0.01)


async def test_tasks_that_miss_at_once_ask_once(async_client: AsyncClient, registry: Registry) -> None:
    prompts = await asyncio.gather(*(async_client.get_prompt("greet") for _ in range(50)))
    assert {prompt.version for prompt in prompts} == {1}
    assert len(registry.asked) == 1


async def test_a_stale_prompt_is_served_while_the_next_is_fetched(
    async_client: AsyncClient, registry: Registry
) -> None:
    await async_client.get_prompt("greet")
    registry.serve(2)
    registry.gate.clear()
    assert {(await async_client.get_prompt("greet", cache_ttl_seconds=1e-9)).version for _ in range(50)} == {1}
    registry.gate.set()
    async with asyncio.timeout(30):
        while (await async_client.get_prompt("greet")).version != 2:
            await asyncio.sleep(0.01)
    assert len(registry.asked) == 2


async def test_who_waits_goes_on_when_who_fetches_is_cancelled(async_client: AsyncClient, registry: Registry) -> None:
    registry.gate.clear()
    first = asyncio.create_task(async_client.get_prompt("greet"))
    await asked(registry, 1)
    second = asyncio.create_task(async_client.get_prompt("greet"))
    await asyncio.sleep(0)
    first.cancel()
    await asked(registry, 2)
    registry.gate.set()
    assert (await second).version == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_who_is_cancelled_while_waiting_cancels_nobody_else(
    async_client: AsyncClient, registry: Registry
) -> None:
    registry.gate.clear()
    first = asyncio.create_task(async_client.get_prompt("greet"))
    await asked(registry, 1)
    second = asyncio.create_task(async_client.get_prompt("greet"))
    await asyncio.sleep(0.01)
    second.cancel()
    registry.gate.set()
    assert (await first).version == 1
    assert len(registry.asked) == 1


async def test_a_registry_that_is_gone_costs_nothing() -> None:
    async with AsyncClient("http://127.0.0.1:9", "mce_key") as client:
        with pytest.raises(Unreachable):
            await client.get_prompt("greet")
        assert (await client.get_prompt("greet", fallback="Hi")).is_fallback


async def test_a_registry_that_drips_holds_nobody_who_has_a_fallback(registry: Registry) -> None:
    registry.replies(Reply(drips=True))
    async with AsyncClient(registry.url, "mce_key", prompt_timeout_seconds=0.2) as client:
        assert all([(await client.get_prompt("greet", fallback="Hi")).is_fallback for _ in range(50)])
        assert len(registry.asked) == 1


async def test_closing_ends_what_refreshes(registry: Registry) -> None:
    client = AsyncClient(registry.url, "mce_key")
    await client.get_prompt("greet")
    registry.gate.clear()
    await client.get_prompt("greet", cache_ttl_seconds=1e-9)
    await asked(registry, 2)
    await client.close()
    assert (await client.get_prompt("greet", cache_ttl_seconds=1e-9)).version == 1
