"""Every query of sampled metrics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.functions import func
from sqlmodel import col

from mcp_engine.telemetry.history.tables import MetricSample


class HistoryRepository:
    """Samples of all servers; the transaction needs no tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, samples: Sequence[MetricSample]) -> None:
        """Insert samples; one of the same server and time stays as it is."""
        if samples:
            rows = [sample.model_dump() for sample in samples]
            await self._session.execute(insert(MetricSample).on_conflict_do_nothing(), rows)

    async def between(self, since: datetime, until: datetime, measures: Sequence[str]) -> list[MetricSample]:
        """Return samples that begin in a range, in order of time, with these measures only."""
        pairs = [part for name in measures for part in (name, col(MetricSample.measured)[name])]
        kept = func.jsonb_strip_nulls(func.jsonb_build_object(*pairs), type_=JSONB)
        statement = (
            select(
                col(MetricSample.width_seconds),
                col(MetricSample.at),
                col(MetricSample.server),
                col(MetricSample.seconds),
                kept,
            )
            .where(col(MetricSample.at) >= since, col(MetricSample.at) < until)
            .order_by(col(MetricSample.at))
        )
        return [_sample(row) for row in await self._session.execute(statement)]

    async def take(self, width_seconds: int, before: datetime) -> list[MetricSample]:
        """Remove and return the samples of one width that begin before a moment."""
        statement = (
            delete(MetricSample)
            .where(col(MetricSample.width_seconds) == width_seconds, col(MetricSample.at) < before)
            .returning(
                col(MetricSample.width_seconds),
                col(MetricSample.at),
                col(MetricSample.server),
                col(MetricSample.seconds),
                col(MetricSample.measured),
            )
        )
        return [_sample(row) for row in await self._session.execute(statement)]

    async def remove_before(self, moment: datetime) -> None:
        await self._session.execute(delete(MetricSample).where(col(MetricSample.at) < moment))


def _sample(row: Any) -> MetricSample:
    width, at, server, seconds, measured = row
    return MetricSample(width_seconds=width, at=at, server=server, seconds=seconds, measured=measured)
