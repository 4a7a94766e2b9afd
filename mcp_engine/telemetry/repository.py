"""Every query of stored spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.telemetry.tables import SpanRow

MAX_SPANS_OF_A_TRACE = 5_000


async def insert_spans(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert spans of one tenant; one that is stored already stays as it is."""
    await session.execute(insert(SpanRow).on_conflict_do_nothing(), list(rows))


async def tenants(session: AsyncSession) -> list[UUID]:
    return list((await session.execute(text("SELECT id FROM tenant ORDER BY id"))).scalars())


async def remove_spans(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove up to `limit` spans of the tenant that began before a time; return how many they were."""
    statement = text(
        "DELETE FROM span WHERE ctid = ANY (ARRAY(SELECT ctid FROM span WHERE started_at < :before LIMIT :limit)) "
        "RETURNING 1"
    )
    return len((await session.execute(statement, {"before": before, "limit": limit})).all())


async def spans_of_trace(session: AsyncSession, trace_id: str) -> list[SpanRow]:
    """Return the tenant's spans of a trace, earliest first, at most 5,000."""
    statement = (
        select(SpanRow)
        .where(col(SpanRow.trace_id) == trace_id)
        .order_by(col(SpanRow.started_at), col(SpanRow.span_id))
        .limit(MAX_SPANS_OF_A_TRACE)
    )
    return list((await session.execute(statement)).scalars())
