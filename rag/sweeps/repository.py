"""Every query of sweeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.evaluation.runs.tables import EvaluationOutcomeRow
from mcp_engine.jobs.tables import JobRow
from rag.sweeps.tables import CombinationRow, FiguresRow, SweepRow


class StoredSweep(NamedTuple):
    """A sweep with its job, and how many of its combinations are evaluated."""

    row: SweepRow
    job: JobRow
    done: int


class StoredCombination(NamedTuple):
    """A combination with what it came to, and the outcome of its evaluation."""

    row: CombinationRow
    figures: FiguresRow | None
    outcome: EvaluationOutcomeRow | None


class SweepRepository:
    """Queries of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, sweep: SweepRow, combinations: Sequence[CombinationRow]) -> None:
        self._session.add(sweep)
        await self._session.flush()
        self._session.add_all(combinations)
        await self._session.flush()

    async def find(self, ids: Collection[UUID]) -> dict[UUID, StoredSweep]:
        return {one.row.id: one for one in await self._stored(col(SweepRow.id).in_(ids))}

    async def page(
        self, namespace: str | None, collection: str | None, before: UUID | None, limit: int
    ) -> list[StoredSweep]:
        """Return sweeps, newest first; ids are ordered by time (UUIDv7)."""
        conditions: list[ColumnElement[bool]] = []
        if namespace is not None:
            conditions.append(col(SweepRow.namespace) == namespace)
        if collection is not None:
            conditions.append(col(SweepRow.collection) == collection)
        if before is not None:
            conditions.append(col(SweepRow.id) < before)
        return await self._stored(*conditions, limit=limit)

    async def combinations(self, sweep_id: UUID) -> list[StoredCombination]:
        """Return the combinations of a sweep by position."""
        figures = and_(
            col(FiguresRow.tenant_id) == col(CombinationRow.tenant_id),
            col(FiguresRow.sweep_id) == col(CombinationRow.sweep_id),
            col(FiguresRow.position) == col(CombinationRow.position),
        )
        outcome = and_(
            col(EvaluationOutcomeRow.tenant_id) == col(CombinationRow.tenant_id),
            col(EvaluationOutcomeRow.evaluation_id) == col(CombinationRow.evaluation_id),
        )
        statement = (
            select(CombinationRow, FiguresRow, EvaluationOutcomeRow)
            .outerjoin(FiguresRow, figures)
            .outerjoin(EvaluationOutcomeRow, outcome)
            .where(col(CombinationRow.sweep_id) == sweep_id)
            .order_by(col(CombinationRow.position))
        )
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return [StoredCombination(row[0], row[1], row[2]) for row in rows]

    async def keep(self, figures: FiguresRow) -> None:
        self._session.add(figures)
        await self._session.flush()

    async def _stored(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[StoredSweep]:
        done = (
            select(func.count())
            .select_from(FiguresRow)
            .where(col(FiguresRow.tenant_id) == col(SweepRow.tenant_id), col(FiguresRow.sweep_id) == col(SweepRow.id))
            .scalar_subquery()
        )
        of_sweep = and_(col(JobRow.tenant_id) == col(SweepRow.tenant_id), col(JobRow.id) == col(SweepRow.job_id))
        statement = (
            select(SweepRow, JobRow, done)
            .join(JobRow, of_sweep)
            .where(*conditions)
            .order_by(col(SweepRow.id).desc())
            .limit(limit)
        )
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return [StoredSweep(row[0], row[1], row[2]) for row in rows]
