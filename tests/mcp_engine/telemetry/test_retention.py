"""Old spans go, in batches, and nobody else's rows with them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.telemetry import repository
from mcp_engine.telemetry.retention import SpanRetention
from tests.conftest import make_tenant

TRACE = "ab" * 16


async def insert(database: Database, caller: Caller, ages_in_days: list[float]) -> None:
    started = [datetime.now(UTC) - timedelta(days=age) for age in ages_in_days]
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": caller.tenant_id, "trace_id": TRACE, "span_id": f"{number:016x}", "parent_span_id": None,
            "name": "old", "kind": "internal", "started_at": moment, "duration_ms": 1.0, "status": "ok",
            "attributes": {}, "events": [],
        }
        for number, moment in enumerate(started)
    ]  # fmt: skip
    async with database.unit_of_work(caller.tenant_id, UUID(int=0)) as work:
        await repository.insert_spans(work.session, rows)


async def left(database: Database, caller: Caller) -> int:
    async with database.unit_of_work(caller.tenant_id, UUID(int=0)) as work:
        return len(await repository.spans_of_trace(work.session, TRACE))


async def test_spans_beyond_the_days_go_in_batches_whoever_they_belong_to(fresh_database: Database) -> None:
    first, second = await make_tenant(fresh_database), await make_tenant(fresh_database)
    await insert(fresh_database, first, [29.9, 30.1, 31, 40, 400, 0])
    await insert(fresh_database, second, [31, 1])
    retention = SpanRetention(fresh_database, 30, batch=2)
    assert await retention.sweep() == 5
    assert (await left(fresh_database, first), await left(fresh_database, second)) == (2, 1)
    assert await retention.sweep() == 0


@pytest.mark.parametrize(("days", "kept"), [(1, 1), (0, 2)])
async def test_it_sweeps_by_itself_unless_spans_are_kept_for_ever(
    fresh_database: Database, days: int, kept: int
) -> None:
    caller = await make_tenant(fresh_database)
    await insert(fresh_database, caller, [0.5, 2])
    retention = SpanRetention(fresh_database, days)
    retention.start()
    async with asyncio.timeout(30):
        while await left(fresh_database, caller) > kept:
            await asyncio.sleep(0.02)
    await retention.stop()
    assert await left(fresh_database, caller) == kept
