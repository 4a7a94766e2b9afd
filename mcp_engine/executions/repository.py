"""Every query of executions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col

from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.executions.tables import (
    ExecutionInputsRow,
    ExecutionOutcomeRow,
    ExecutionOutputRow,
    ExecutionRow,
    ExecutionRunningRow,
)


class Stored(NamedTuple):
    """One execution with what is left of its content."""

    execution: ExecutionRow
    outcome: ExecutionOutcomeRow | None
    inputs: ExecutionInputsRow | None
    output: ExecutionOutputRow | None


async def insert_started(
    session: AsyncSession, execution: ExecutionRow, inputs: ExecutionInputsRow, *, owner: UUID
) -> None:
    session.add(execution)
    await session.flush()
    running = ExecutionRunningRow(execution_id=execution.id, tenant_id=execution.tenant_id, owner=owner)
    session.add_all([inputs, running])
    await session.flush()


async def end_running(session: AsyncSession, execution_id: UUID) -> bool:
    """Take the execution out of those that run; False when it ended before."""
    statement = delete(ExecutionRunningRow).where(col(ExecutionRunningRow.execution_id) == execution_id)
    result = await session.execute(statement.returning(col(ExecutionRunningRow.execution_id)))
    return result.first() is not None


async def insert_ended(session: AsyncSession, outcome: ExecutionOutcomeRow, output: ExecutionOutputRow | None) -> None:
    session.add(outcome)
    if output is not None:
        session.add(output)
    await session.flush()


async def find(session: AsyncSession, ids: Collection[UUID]) -> list[Stored]:
    """Return the tenant's executions with these ids, with their content."""
    statement = (
        select(ExecutionRow, ExecutionOutcomeRow, ExecutionInputsRow, ExecutionOutputRow)
        .outerjoin(ExecutionOutcomeRow, _same(ExecutionOutcomeRow))
        .outerjoin(ExecutionInputsRow, _same(ExecutionInputsRow))
        .outerjoin(ExecutionOutputRow, _same(ExecutionOutputRow))
        .where(col(ExecutionRow.id).in_(ids))
    )
    rows = await session.execute(statement, execution_options={"populate_existing": True})
    return [Stored(row[0], row[1], row[2], row[3]) for row in rows]


async def page(
    session: AsyncSession, wanted: ExecutionFilter, before: UUID | None, limit: int
) -> Sequence[tuple[ExecutionRow, ExecutionOutcomeRow | None]]:
    """Return executions newest first, without content; ids are ordered by time (UUIDv7)."""
    statement = (
        select(ExecutionRow, ExecutionOutcomeRow)
        .outerjoin(ExecutionOutcomeRow, _same(ExecutionOutcomeRow))
        .where(*_conditions(wanted))
        .order_by(col(ExecutionRow.id).desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(col(ExecutionRow.id) < before)
    return [(row[0], row[1]) for row in await session.execute(statement)]


def _same(table: type[ExecutionOutcomeRow | ExecutionInputsRow | ExecutionOutputRow]) -> ColumnElement[bool]:
    same_tenant = col(table.tenant_id) == col(ExecutionRow.tenant_id)
    return same_tenant & (col(table.execution_id) == col(ExecutionRow.id))


def _conditions(wanted: ExecutionFilter) -> list[ColumnElement[bool]]:
    equal: list[tuple[Any, object]] = [
        (col(ExecutionRow.namespace), wanted.namespace),
        (col(ExecutionRow.kind), wanted.kind),
        (col(ExecutionRow.artifact_kind), wanted.artifact_kind),
        (col(ExecutionRow.artifact_name), wanted.artifact_name),
        (col(ExecutionRow.parent_id), wanted.parent_id),
    ]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.status == "running":
        conditions.append(col(ExecutionOutcomeRow.status).is_(None))
    elif wanted.status is not None:
        conditions.append(col(ExecutionOutcomeRow.status) == wanted.status)
    if wanted.since is not None:
        conditions.append(col(ExecutionRow.created_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(ExecutionRow.created_at) < wanted.until)
    if wanted.min_latency_ms is not None:
        conditions.append(col(ExecutionOutcomeRow.latency_total_ms) >= wanted.min_latency_ms)
    return conditions


async def owners(session: AsyncSession) -> list[UUID]:
    """Return the processes that run executions, or did when they died."""
    return list((await session.execute(select(col(ExecutionRunningRow.owner)).distinct())).scalars())


async def running_of(session: AsyncSession, owner: UUID, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (tenant, execution) of up to `limit` executions that `owner` runs."""
    statement = (
        select(col(ExecutionRunningRow.tenant_id), col(ExecutionRunningRow.execution_id))
        .where(col(ExecutionRunningRow.owner) == owner)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def try_hold(connection: AsyncConnection, owner: UUID) -> bool:
    """Take the lock that says "this owner lives", for as long as `connection` does; False when another holds it."""
    return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _lock_key(owner)}))


async def let_go(connection: AsyncConnection, owner: UUID) -> None:
    await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _lock_key(owner)})


def _lock_key(owner: UUID) -> int:
    """Return 63 bits of the owner; a UUIDv7's last 62 are random."""
    return owner.int & (2**63 - 1)
