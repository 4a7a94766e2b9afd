"""Every query of answers in doubt and their labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, and_, exists, false, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.feedback.tables import FeedbackRow
from rag.answer_labels.schemas import Doubt
from rag.answer_labels.tables import AnswerLabelRow
from rag.asked.tables import AskedAnswerRow
from rag.lost_support.tables import AskedAgainRow, CitationSupportRow

SKIPPED: Final = "skipped"
SUPPORTED: Final = "supported"
SHOULD_ANSWER: Final = "should_answer"
OUR_METRICS: Final = (SUPPORTED, SHOULD_ANSWER)
"""Feedback of these names is what labels say: no doubt of a user's that asks for one."""
LITTLE_CONFIDENCE: Final = 0.6
_REFUSALS: Final[tuple[Doubt, ...]] = ("unsupported", "conflicting")


@dataclass(frozen=True, slots=True)
class DoubtFilter:
    """Which answers to list: those in doubt for one reason, or any; waiting for a label, or with one."""

    doubt: Doubt | None = None
    labelled: bool = False
    confidence_below: float = LITTLE_CONFIDENCE


class Doubted(NamedTuple):
    """An answer in doubt, and why."""

    execution_id: UUID
    doubts: list[Doubt]


class AnswerLabelRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._session = work.session
        self._actor_id = work.actor_id

    async def add(self, row: AnswerLabelRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def doubted(self, collection_id: UUID, wanted: DoubtFilter, before: UUID | None, limit: int) -> list[Doubted]:
        """Return answers, newest first; ids are ordered by time (UUIDv7).

        Those that wait are in doubt and have no label, nor did the caller skip them. Those with one are all that
        were labelled, whatever became of the doubt.
        """
        reasons = _reasons(wanted.confidence_below)
        conditions = [col(AskedAnswerRow.collection_id) == collection_id]
        if wanted.labelled:
            conditions.append(_labelled())
        else:
            skipped = _labels().where(
                col(AnswerLabelRow.verdict) == SKIPPED, col(AnswerLabelRow.actor_id) == self._actor_id
            )
            conditions += [~_labelled(), ~skipped]
        if wanted.doubt is not None:
            conditions.append(reasons[wanted.doubt])
        elif not wanted.labelled:
            conditions.append(or_(*reasons.values()))
        if before is not None:
            conditions.append(col(AskedAnswerRow.execution_id) < before)
        return await self._doubted(reasons, conditions, limit)

    async def one(self, collection_id: UUID, execution_id: UUID, confidence_below: float) -> Doubted | None:
        """Return an answer from a collection, in doubt or not."""
        of_it = [col(AskedAnswerRow.collection_id) == collection_id, col(AskedAnswerRow.execution_id) == execution_id]
        found = await self._doubted(_reasons(confidence_below), of_it, 1)
        return found[0] if found else None

    async def _doubted(
        self, reasons: Mapping[Doubt, ColumnElement[bool]], conditions: Sequence[ColumnElement[bool]], limit: int
    ) -> list[Doubted]:
        query = (
            select(col(AskedAnswerRow.execution_id), *reasons.values())
            .where(*conditions)
            .order_by(col(AskedAnswerRow.execution_id).desc())
            .limit(limit)
        )
        names = list(reasons)
        return [
            Doubted(row[0], [name for name, holds in zip(names, row[1:], strict=True) if holds])
            for row in await self._session.execute(query)
        ]

    async def labels(self, execution_ids: Collection[UUID]) -> dict[UUID, AnswerLabelRow]:
        """Return the last word of a person on each of the answers that has one."""
        query = (
            select(AnswerLabelRow)
            .where(col(AnswerLabelRow.execution_id).in_(execution_ids), col(AnswerLabelRow.verdict) != SKIPPED)
            .order_by(col(AnswerLabelRow.execution_id), col(AnswerLabelRow.id).desc())
            .ext(distinct_on(col(AnswerLabelRow.execution_id)))
        )
        return {row.execution_id: row for row in await self._session.scalars(query)}

    async def labelled(self, collection_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        """Return the labelled answers of a collection, oldest first."""
        query = select(col(AskedAnswerRow.execution_id)).where(
            col(AskedAnswerRow.collection_id) == collection_id, _labelled()
        )
        if after is not None:
            query = query.where(col(AskedAnswerRow.execution_id) > after)
        return list(await self._session.scalars(query.order_by(col(AskedAnswerRow.execution_id)).limit(limit)))


def _reasons(confidence_below: float) -> dict[Doubt, ColumnElement[bool]]:
    refusal, execution_id = col(AskedAnswerRow.refusal), col(AskedAnswerRow.execution_id)
    unsure = and_(
        refusal.is_(None),
        col(AskedAnswerRow.confidence).is_not(None),
        col(AskedAnswerRow.confidence) < confidence_below,
    )
    again = exists().where(col(AskedAgainRow.execution_id) == execution_id)
    lost = exists().where(
        col(CitationSupportRow.execution_id) == execution_id, col(CitationSupportRow.standing) != "verbatim"
    )
    disliked = exists().where(
        col(FeedbackRow.execution_id) == execution_id,
        col(FeedbackRow.boolean_value) == false(),
        col(FeedbackRow.metric_name).not_in(OUR_METRICS),
    )
    refused: dict[Doubt, ColumnElement[bool]] = {
        code: and_(refusal.is_not(None), refusal == code) for code in _REFUSALS
    }
    return {
        **refused,
        "low_confidence": unsure,
        "partly_supported": col(AskedAnswerRow.cut) > 0,
        "lost_support": and_(lost, ~again),
        "disliked": disliked,
    }


def _labels() -> Exists:
    return exists().where(col(AnswerLabelRow.execution_id) == col(AskedAnswerRow.execution_id))


def _labelled() -> ColumnElement[bool]:
    return _labels().where(col(AnswerLabelRow.verdict) != SKIPPED)
