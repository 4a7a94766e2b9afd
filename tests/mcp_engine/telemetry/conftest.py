"""A span store on the shared database, fed by the process's one provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.telemetry import tracing
from mcp_engine.telemetry.repository import spans_of_trace
from mcp_engine.telemetry.store import SpanStore
from mcp_engine.telemetry.tables import SpanRow


@pytest_asyncio.fixture(loop_scope="session")
async def store(database: Database) -> AsyncIterator[SpanStore]:
    store = SpanStore(database)
    tracing.configure(Settings(), store)
    store.start()
    yield store
    await store.close()
    tracing.close()


async def stored_spans(database: Database, caller: Caller, trace_id: str | None) -> list[SpanRow]:
    assert trace_id is not None
    async with database.unit_of_work(caller.tenant_id, UUID(int=0)) as work:
        return await spans_of_trace(work.session, trace_id)
