"""Every query of evaluations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.runs.metrics import Scored
from mcp_engine.evaluation.runs.tables import (
    EvaluationItemRow,
    EvaluationOutcomeRow,
    EvaluationRow,
    EvaluationScoreRow,
)
from mcp_engine.executions.tables import ExecutionOutcomeRow, ExecutionOutputRow
from mcp_engine.jobs.tables import JobRow

_AT_ONCE = 1000


class Stored(NamedTuple):
    """An evaluation with its job, and how it ended."""

    evaluation: EvaluationRow
    job: JobRow
    outcome: EvaluationOutcomeRow | None


@dataclass(frozen=True, slots=True)
class EvaluationFilter:
    """Which evaluations to list; None leaves a condition out."""

    namespace: str | None = None
    name: str | None = None
    number: int | None = None
    dataset: str | None = None


class EvaluationRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def add(self, evaluation: EvaluationRow) -> None:
        self._session.add(evaluation)
        await self._session.flush()

    async def find(self, ids: Collection[UUID]) -> dict[UUID, Stored]:
        rows = await self._stored(col(EvaluationRow.id).in_(ids))
        return {row.evaluation.id: row for row in rows}

    async def page(self, wanted: EvaluationFilter, before: UUID | None, limit: int) -> list[Stored]:
        """Return evaluations, newest first; ids are ordered by time (UUIDv7).

        Those of sealed rows are for gates, and those that are part of something larger, such as a sweep, stand there.
        """
        equal: list[tuple[Any, object]] = [
            (col(EvaluationRow.namespace), wanted.namespace),
            (col(EvaluationRow.subject_name), wanted.name),
            (col(EvaluationRow.subject_number), wanted.number),
            (col(EvaluationRow.dataset_name), wanted.dataset),
        ]
        conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
        conditions.append(col(EvaluationRow.split) != SEALED)
        conditions.append(col(JobRow.subject_id) == col(EvaluationRow.id))
        if before is not None:
            conditions.append(col(EvaluationRow.id) < before)
        return await self._stored(*conditions, limit=limit)

    async def _stored(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Stored]:
        statement = (
            select(EvaluationRow, JobRow, EvaluationOutcomeRow)
            .join(JobRow, _same(JobRow.tenant_id, JobRow.id, EvaluationRow.job_id))
            .outerjoin(
                EvaluationOutcomeRow,
                _same(EvaluationOutcomeRow.tenant_id, EvaluationOutcomeRow.evaluation_id, EvaluationRow.id),
            )
            .where(*conditions)
            .order_by(col(EvaluationRow.id).desc())
            .limit(limit)
        )
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return [Stored(row[0], row[1], row[2]) for row in rows]

    async def done(self, evaluation_id: UUID) -> set[int]:
        """Return the positions that are run and scored."""
        statement = select(col(EvaluationItemRow.position)).where(col(EvaluationItemRow.evaluation_id) == evaluation_id)
        return set((await self._session.execute(statement)).scalars())

    async def add_items(self, items: Sequence[EvaluationItemRow], scores: Sequence[EvaluationScoreRow]) -> None:
        """Store rows with their scores; one that is there already stays as it is."""
        for table, rows in ((EvaluationItemRow, items), (EvaluationScoreRow, scores)):
            if rows:
                values = [{**row.model_dump(), "tenant_id": self._work.tenant_id} for row in rows]
                await self._session.execute(insert(table).on_conflict_do_nothing(), values)

    async def end(self, outcome: EvaluationOutcomeRow) -> None:
        self._session.add(outcome)
        await self._session.flush()

    async def reusable(self, cache_keys: Sequence[str]) -> dict[str, UUID]:
        """Return an execution for each key that one succeeded under, and whose output was not erased."""
        found: dict[str, UUID] = {}
        for start in range(0, len(cache_keys), _AT_ONCE):
            key = col(EvaluationItemRow.cache_key)
            statement = (
                select(key, col(EvaluationItemRow.execution_id))
                .join(
                    ExecutionOutcomeRow,
                    and_(
                        _same(
                            ExecutionOutcomeRow.tenant_id,
                            ExecutionOutcomeRow.execution_id,
                            EvaluationItemRow.execution_id,
                            EvaluationItemRow.tenant_id,
                        ),
                        col(ExecutionOutcomeRow.status) == "succeeded",
                    ),
                )
                .where(key.in_(cache_keys[start : start + _AT_ONCE]))
                .where(
                    exists().where(
                        col(ExecutionOutputRow.tenant_id) == col(EvaluationItemRow.tenant_id),
                        col(ExecutionOutputRow.execution_id) == col(EvaluationItemRow.execution_id),
                    )
                )
                .order_by(key, col(EvaluationItemRow.evaluation_id).desc())
                .ext(distinct_on(key))
            )
            found.update({key: execution for key, execution in await self._session.execute(statement) if execution})
        return found

    async def judged(self, execution_id: UUID, row_digest: str, lock_digests: Collection[str]) -> dict[str, Any]:
        """Return what scorers under these locks said of the same output for the same row, by lock."""
        statement = (
            select(EvaluationScoreRow)
            .join(EvaluationItemRow, _ITEM)
            .where(
                col(EvaluationItemRow.execution_id) == execution_id,
                col(EvaluationItemRow.row_digest) == row_digest,
                col(EvaluationScoreRow.scorer_lock_digest).in_(lock_digests),
                col(EvaluationScoreRow.value).is_not(None),
            )
        )
        return {score.scorer_lock_digest: score for score in (await self._session.execute(statement)).scalars()}

    async def items(
        self,
        evaluation_id: UUID,
        *,
        after: int | None = None,
        limit: int | None = None,
        failed: bool = False,
        digests: Collection[str] | None = None,
    ) -> list[EvaluationItemRow]:
        """Return rows by position; `failed` ones have no output, or a score that failed."""
        conditions: list[ColumnElement[bool]] = [col(EvaluationItemRow.evaluation_id) == evaluation_id]
        if after is not None:
            conditions.append(col(EvaluationItemRow.position) > after)
        if digests is not None:
            conditions.append(col(EvaluationItemRow.row_digest).in_(digests))
        if failed:
            without = exists().where(_ITEM, col(EvaluationScoreRow.failure_code).is_not(None))
            conditions.append(col(EvaluationItemRow.error_code).is_not(None) | without)
        statement = select(EvaluationItemRow).where(*conditions).order_by(col(EvaluationItemRow.position)).limit(limit)
        return list((await self._session.execute(statement)).scalars())

    async def scores(self, evaluation_id: UUID, positions: Collection[int]) -> dict[int, dict[str, EvaluationScoreRow]]:
        """Return the scores of some rows, by position and scorer."""
        statement = select(EvaluationScoreRow).where(
            col(EvaluationScoreRow.evaluation_id) == evaluation_id, col(EvaluationScoreRow.position).in_(positions)
        )
        found: dict[int, dict[str, EvaluationScoreRow]] = defaultdict(dict)
        for score in (await self._session.execute(statement)).scalars():
            found[score.position][score.scorer] = score
        return found

    async def values(self, evaluation_ids: Collection[UUID]) -> dict[UUID, dict[str, dict[str, Scored]]]:
        """Return every score of evaluations by row digest and scorer, as numbers alone; rows by position."""
        statement = (
            select(
                col(EvaluationItemRow.evaluation_id),
                col(EvaluationItemRow.row_digest),
                col(EvaluationScoreRow.scorer),
                col(EvaluationScoreRow.value),
                col(EvaluationScoreRow.failure_code),
            )
            .join(EvaluationScoreRow, _ITEM)
            .where(col(EvaluationItemRow.evaluation_id).in_(evaluation_ids))
            .order_by(col(EvaluationItemRow.position))
        )
        found: dict[UUID, dict[str, dict[str, Scored]]] = {one: defaultdict(dict) for one in evaluation_ids}
        for evaluation_id, row, scorer, value, failure in await self._session.execute(statement):
            found[evaluation_id][row][scorer] = Scored(value, failure)
        return found

    async def counts(self, evaluation_id: UUID) -> tuple[int, int]:
        """Return how many rows have no output, and how many took an earlier one."""
        statement = select(
            func.count().filter(col(EvaluationItemRow.error_code).is_not(None)),
            func.count().filter(col(EvaluationItemRow.reused)),
        ).where(col(EvaluationItemRow.evaluation_id) == evaluation_id)
        failed, reused = (await self._session.execute(statement)).one()
        return failed, reused


def _same(tenant_id: Any, id_: Any, reference: Any, other_tenant: Any = EvaluationRow.tenant_id) -> ColumnElement[bool]:
    return and_(col(tenant_id) == col(other_tenant), col(id_) == col(reference))


_ITEM = and_(
    col(EvaluationScoreRow.tenant_id) == col(EvaluationItemRow.tenant_id),
    col(EvaluationScoreRow.evaluation_id) == col(EvaluationItemRow.evaluation_id),
    col(EvaluationScoreRow.position) == col(EvaluationItemRow.position),
)
