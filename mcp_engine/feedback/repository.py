"""Every query of feedback; the session is bound to its tenant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.executions.tables import ExecutionRow
from mcp_engine.feedback.schemas import DEMONSTRATION, FeedbackFilter
from mcp_engine.feedback.tables import FeedbackContentRow, FeedbackRow


class Stored(NamedTuple):
    """One judgement with what is left of its words."""

    feedback: FeedbackRow
    content: FeedbackContentRow | None


async def namespace_of_execution(session: AsyncSession, execution_id: UUID) -> str | None:
    statement = select(col(ExecutionRow.namespace)).where(col(ExecutionRow.id) == execution_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def insert(session: AsyncSession, feedback: FeedbackRow, content: FeedbackContentRow | None) -> None:
    session.add(feedback)
    await session.flush()
    if content is not None:
        session.add(content)
        await session.flush()


async def find(session: AsyncSession, ids: Collection[UUID]) -> list[Stored]:
    return await _stored(session, col(FeedbackRow.id).in_(ids))


async def page(session: AsyncSession, wanted: FeedbackFilter, before: UUID | None, limit: int) -> list[Stored]:
    """Return feedback newest first; ids are ordered by time (UUIDv7)."""
    equal: list[tuple[Any, object]] = [
        (col(FeedbackRow.execution_id), wanted.execution_id),
        (col(FeedbackRow.session_id), wanted.session_id),
        (col(FeedbackRow.metric_name), wanted.metric_name),
        (col(FeedbackRow.namespace), wanted.namespace),
    ]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if before is not None:
        conditions.append(col(FeedbackRow.id) < before)
    return await _stored(session, *conditions, limit=limit)


async def demonstrations(session: AsyncSession, execution_ids: Collection[UUID]) -> list[Stored]:
    """Return what was demonstrated for executions, newest first."""
    about = col(FeedbackRow.execution_id).in_(execution_ids)
    return await _stored(session, about, col(FeedbackRow.metric_name) == DEMONSTRATION)


async def with_words_about(session: AsyncSession, execution_id: UUID) -> Sequence[UUID]:
    """Return the ids of an execution's feedback whose words are still there."""
    statement = (
        select(col(FeedbackRow.id))
        .join(FeedbackContentRow, _same())
        .where(col(FeedbackRow.execution_id) == execution_id)
    )
    return (await session.execute(statement)).scalars().all()


async def _stored(session: AsyncSession, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Stored]:
    statement = (
        select(FeedbackRow, FeedbackContentRow)
        .outerjoin(FeedbackContentRow, _same())
        .where(*conditions)
        .order_by(col(FeedbackRow.id).desc())
        .limit(limit)
    )
    rows = await session.execute(statement, execution_options={"populate_existing": True})
    return [Stored(row[0], row[1]) for row in rows]


def _same() -> ColumnElement[bool]:
    same_tenant = col(FeedbackContentRow.tenant_id) == col(FeedbackRow.tenant_id)
    return same_tenant & (col(FeedbackContentRow.feedback_id) == col(FeedbackRow.id))
