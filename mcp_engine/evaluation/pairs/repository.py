"""Every query of judged comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.pairs.figures import RowSaid, Said
from mcp_engine.evaluation.pairs.schemas import Answer, RowResult
from mcp_engine.evaluation.pairs.tables import JudgedComparisonRow, JudgedOutcomeRow, JudgedRow, JudgedVerdictRow
from mcp_engine.evaluation.runs.tables import EvaluationItemRow
from mcp_engine.jobs.tables import JobRow


class StoredComparison(NamedTuple):
    """A comparison with its job, and how it ended."""

    comparison: JudgedComparisonRow
    job: JobRow
    outcome: JudgedOutcomeRow | None


class CommonRow(NamedTuple):
    """A row that both evaluations ran; an execution is None where a run gave no output."""

    position: int
    row_digest: str
    baseline: UUID | None
    candidate: UUID | None


class KnownVerdict(NamedTuple):
    """A verdict that a judge gave before, and its run."""

    answer: str
    execution_id: UUID | None


@dataclass(frozen=True, slots=True)
class ComparisonFilter:
    """Which comparisons to list; None leaves a condition out."""

    namespace: str | None = None
    baseline_id: UUID | None = None
    candidate_id: UUID | None = None


class JudgedRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def add(self, comparison: JudgedComparisonRow) -> None:
        self._session.add(comparison)
        await self._session.flush()

    async def find(self, ids: Collection[UUID]) -> dict[UUID, StoredComparison]:
        rows = await self._stored(col(JudgedComparisonRow.id).in_(ids))
        return {row.comparison.id: row for row in rows}

    async def page(self, wanted: ComparisonFilter, before: UUID | None, limit: int) -> list[StoredComparison]:
        """Return comparisons, newest first; ids are ordered by time (UUIDv7)."""
        equal: list[tuple[Any, object]] = [
            (col(JudgedComparisonRow.namespace), wanted.namespace),
            (col(JudgedComparisonRow.baseline_id), wanted.baseline_id),
            (col(JudgedComparisonRow.candidate_id), wanted.candidate_id),
        ]
        conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
        if before is not None:
            conditions.append(col(JudgedComparisonRow.id) < before)
        return await self._stored(*conditions, limit=limit)

    async def _stored(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[StoredComparison]:
        tenant = col(JudgedComparisonRow.tenant_id)
        job = and_(col(JobRow.tenant_id) == tenant, col(JobRow.id) == col(JudgedComparisonRow.job_id))
        outcome = and_(
            col(JudgedOutcomeRow.tenant_id) == tenant,
            col(JudgedOutcomeRow.comparison_id) == col(JudgedComparisonRow.id),
        )
        statement = (
            select(JudgedComparisonRow, JobRow, JudgedOutcomeRow)
            .join(JobRow, job)
            .outerjoin(JudgedOutcomeRow, outcome)
            .where(*conditions)
            .order_by(col(JudgedComparisonRow.id).desc())
            .limit(limit)
        )
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return [StoredComparison(row[0], row[1], row[2]) for row in rows]

    async def common(self, baseline_id: UUID, candidate_id: UUID) -> list[CommonRow]:
        """Return the rows that both evaluations ran, by position in the baseline."""
        left, right = aliased(EvaluationItemRow), aliased(EvaluationItemRow)
        same = and_(col(right.tenant_id) == col(left.tenant_id), col(right.row_digest) == col(left.row_digest))
        statement = (
            select(
                col(left.position),
                col(left.row_digest),
                _output_of(left),
                _output_of(right),
            )
            .join(right, same)
            .where(col(left.evaluation_id) == baseline_id, col(right.evaluation_id) == candidate_id)
            .order_by(col(left.position))
        )
        return [CommonRow(*row) for row in await self._session.execute(statement)]

    async def done(self, comparison_id: UUID) -> set[int]:
        """Return the positions that are judged."""
        statement = select(col(JudgedRow.position)).where(col(JudgedRow.comparison_id) == comparison_id)
        return set((await self._session.execute(statement)).scalars())

    async def add_rows(self, rows: Sequence[JudgedRow], verdicts: Sequence[JudgedVerdictRow]) -> None:
        """Store rows with their verdicts; one that is there already stays as it is."""
        for table, members in ((JudgedRow, rows), (JudgedVerdictRow, verdicts)):
            if members:
                values = [{**member.model_dump(), "tenant_id": self._work.tenant_id} for member in members]
                await self._session.execute(insert(table).on_conflict_do_nothing(), values)

    async def known(self, cache_keys: Collection[str]) -> dict[str, KnownVerdict]:
        """Return an answer for each key under which one was given."""
        key = col(JudgedVerdictRow.cache_key)
        statement = (
            select(key, col(JudgedVerdictRow.answer), col(JudgedVerdictRow.execution_id))
            .where(key.in_(cache_keys), col(JudgedVerdictRow.answer).is_not(None))
            .order_by(key, col(JudgedVerdictRow.comparison_id).desc())
            .ext(distinct_on(key))
        )
        return {key: KnownVerdict(answer, run) for key, answer, run in await self._session.execute(statement) if answer}

    async def end(self, outcome: JudgedOutcomeRow) -> None:
        self._session.add(outcome)
        await self._session.flush()

    async def rows(
        self, comparison_id: UUID, result: RowResult | None, *, after: int | None, limit: int
    ) -> list[JudgedRow]:
        """Return rows by position; only those that came out as `result`, if it is given."""
        conditions: list[ColumnElement[bool]] = [col(JudgedRow.comparison_id) == comparison_id]
        if result is not None:
            conditions.append(col(JudgedRow.result) == result)
        if after is not None:
            conditions.append(col(JudgedRow.position) > after)
        statement = select(JudgedRow).where(*conditions).order_by(col(JudgedRow.position)).limit(limit)
        return list((await self._session.execute(statement)).scalars())

    async def verdicts(
        self, comparison_id: UUID, positions: Collection[int]
    ) -> dict[int, dict[bool, JudgedVerdictRow]]:
        """Return the verdicts on some rows, by position and whether the baseline stood first."""
        statement = select(JudgedVerdictRow).where(
            col(JudgedVerdictRow.comparison_id) == comparison_id, col(JudgedVerdictRow.position).in_(positions)
        )
        found: dict[int, dict[bool, JudgedVerdictRow]] = defaultdict(dict)
        for verdict in (await self._session.execute(statement)).scalars():
            found[verdict.position][verdict.baseline_first] = verdict
        return found

    async def said(self, comparison_ids: Collection[UUID]) -> dict[UUID, dict[str, RowSaid]]:
        """Return what was said of every row of comparisons, by row digest; rows by position."""
        statement = (
            select(
                col(JudgedVerdictRow.comparison_id),
                col(JudgedRow.row_digest),
                col(JudgedVerdictRow.baseline_first),
                col(JudgedVerdictRow.answer),
                col(JudgedVerdictRow.failure_code),
                col(JudgedVerdictRow.reused),
            )
            .join(JudgedRow, _ROW)
            .where(col(JudgedVerdictRow.comparison_id).in_(comparison_ids))
            .order_by(col(JudgedVerdictRow.position))
        )
        pairs: dict[UUID, dict[str, dict[bool, Said]]] = {one: defaultdict(dict) for one in comparison_ids}
        for id_, row, baseline_first, answer, failure, reused in await self._session.execute(statement):
            pairs[id_][row][baseline_first] = Said(cast("Answer | None", answer), failure, reused)
        return {
            id_: {row: RowSaid(said[True], said[False]) for row, said in rows.items()} for id_, rows in pairs.items()
        }


_ROW = and_(
    col(JudgedRow.tenant_id) == col(JudgedVerdictRow.tenant_id),
    col(JudgedRow.comparison_id) == col(JudgedVerdictRow.comparison_id),
    col(JudgedRow.position) == col(JudgedVerdictRow.position),
)


def _output_of(item: Any) -> ColumnElement[UUID | None]:
    """Return the execution of a row where its run gave an output."""
    return case((col(item.error_code).is_(None), col(item.execution_id)))
