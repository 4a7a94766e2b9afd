"""Every query of labels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.datasets.tables import DatasetRowContent
from mcp_engine.evaluation.labels.tables import LabelRow
from mcp_engine.evaluation.runs.tables import EvaluationItemRow, EvaluationScoreRow
from mcp_engine.executions.tables import ExecutionOutputRow


class Verdict(NamedTuple):
    """What one person last said of one output, and what the judge said of it."""

    execution_id: UUID
    actor_id: UUID
    passed: bool
    score: float


class LabelRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def add(self, label: LabelRow) -> None:
        self._session.add(label)
        await self._session.flush()

    async def find(self, ids: Collection[UUID]) -> list[LabelRow]:
        statement = select(LabelRow).where(col(LabelRow.id).in_(ids))
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return list(rows.scalars())

    async def item(self, evaluation_id: UUID, position: int) -> EvaluationItemRow | None:
        statement = select(EvaluationItemRow).where(
            col(EvaluationItemRow.evaluation_id) == evaluation_id, col(EvaluationItemRow.position) == position
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def waiting(self, evaluation_id: UUID, scorer: str, limit: int) -> list[EvaluationItemRow]:
        """Return rows with an output that this person has not judged, in an order that is this person's own."""
        own = func.md5(cast(col(EvaluationItemRow.execution_id), Text) + str(self._work.actor_id))
        statement = self._unjudged(select(EvaluationItemRow), evaluation_id, scorer).order_by(own).limit(limit)
        return list((await self._session.execute(statement)).scalars())

    async def counts(self, evaluation_id: UUID, scorer: str) -> tuple[int, int]:
        """Return how many rows with an output this person has judged, and how many not."""
        with_output = select(func.count()).where(*_with_output(evaluation_id))
        left = self._unjudged(select(func.count()).select_from(EvaluationItemRow), evaluation_id, scorer)
        waiting = (await self._session.execute(left)).scalar_one()
        return (await self._session.execute(with_output)).scalar_one() - waiting, waiting

    def _unjudged(self, statement: Select[Any], evaluation_id: UUID, scorer: str) -> Select[Any]:
        judged = exists().where(
            col(LabelRow.tenant_id) == col(EvaluationItemRow.tenant_id),
            col(LabelRow.execution_id) == col(EvaluationItemRow.execution_id),
            col(LabelRow.scorer) == scorer,
            col(LabelRow.actor_id) == self._work.actor_id,
        )
        return statement.where(*_with_output(evaluation_id), ~judged)

    async def verdicts(self, scorer: str, lock_digest: str) -> list[Verdict]:
        """Return the last word of every person on every output that the judge under this lock scored."""
        key = (col(LabelRow.execution_id), col(LabelRow.actor_id))
        scored = and_(
            col(EvaluationItemRow.tenant_id) == col(LabelRow.tenant_id),
            col(EvaluationItemRow.execution_id) == col(LabelRow.execution_id),
        )
        judged = and_(
            col(EvaluationScoreRow.tenant_id) == col(EvaluationItemRow.tenant_id),
            col(EvaluationScoreRow.evaluation_id) == col(EvaluationItemRow.evaluation_id),
            col(EvaluationScoreRow.position) == col(EvaluationItemRow.position),
        )
        statement = (
            select(*key, col(LabelRow.passed), col(EvaluationScoreRow.value))
            .select_from(LabelRow)
            .join(EvaluationItemRow, scored)
            .join(EvaluationScoreRow, judged)
            .where(
                col(LabelRow.scorer) == scorer,
                col(EvaluationScoreRow.scorer_lock_digest) == lock_digest,
                col(EvaluationScoreRow.value).is_not(None),
            )
            .order_by(*key, col(LabelRow.id).desc(), col(EvaluationScoreRow.evaluation_id).desc())
            .ext(distinct_on(*key))
        )
        return [Verdict(*row) for row in await self._session.execute(statement)]


def _with_output(evaluation_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Return what chooses the rows that a person can judge: they gave an output, and nothing of them was erased."""
    output = exists().where(
        col(ExecutionOutputRow.tenant_id) == col(EvaluationItemRow.tenant_id),
        col(ExecutionOutputRow.execution_id) == col(EvaluationItemRow.execution_id),
    )
    row = exists().where(
        col(DatasetRowContent.tenant_id) == col(EvaluationItemRow.tenant_id),
        col(DatasetRowContent.row_digest) == col(EvaluationItemRow.row_digest),
    )
    return (
        col(EvaluationItemRow.evaluation_id) == evaluation_id,
        col(EvaluationItemRow.error_code).is_(None),
        output,
        row,
    )
