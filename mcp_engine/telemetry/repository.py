"""Every query of stored spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.telemetry.tables import SpanRow

MAX_SPANS_OF_A_TRACE = 5_000


async def insert_spans(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert spans of one tenant; one that is stored already stays as it is."""
    await session.execute(insert(SpanRow).on_conflict_do_nothing(), list(rows))


async def spans_of_trace(session: AsyncSession, trace_id: str) -> list[SpanRow]:
    """Return the tenant's spans of a trace, earliest first, at most 5,000."""
    statement = (
        select(SpanRow)
        .where(col(SpanRow.trace_id) == trace_id)
        .order_by(col(SpanRow.started_at), col(SpanRow.span_id))
        .limit(MAX_SPANS_OF_A_TRACE)
    )
    return list((await session.execute(statement)).scalars())
