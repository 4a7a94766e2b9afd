"""Every query of executions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col

from mcp_engine.canonical import canonical_json
from mcp_engine.executions.excerpts import READ_CHARACTERS
from mcp_engine.executions.schemas import SEALED_RUN, SEARCHED_AT_ONCE, SEARCHED_CHARACTERS, ExecutionFilter
from mcp_engine.executions.tables import (
    ExecutionInputsRow,
    ExecutionOutcomeRow,
    ExecutionOutputRow,
    ExecutionRow,
    ExecutionRunningRow,
)
from mcp_engine.identifiers import lowest_id_at

Line = tuple[ExecutionRow, ExecutionOutcomeRow | None, str | None]
"""An execution, how it ended, and the beginning of its inputs' row; None once that was erased."""
_id = col(ExecutionRow.id)
_SLACK = timedelta(seconds=5)
"""How far an id's time may be from `created_at`: both are read from one clock, one after the other."""


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
) -> tuple[list[Line], UUID | None]:
    """Return executions newest first, with the beginning of their inputs; ids are ordered by time (UUIDv7).

    A search for text reads the content of `SEARCHED_AT_ONCE` executions at the most; the second
    value then is the id of the last that was read, from which to go on, and None when all were.
    """
    conditions = _conditions(wanted, before)
    last_read: UUID | None = None
    if wanted.text is not None:
        ids = _ids(conditions).order_by(_id.desc())
        last_read = (await session.execute(ids.offset(SEARCHED_AT_ONCE - 1).limit(1))).scalar()
        if last_read is not None:
            conditions.append(_id >= last_read)
        conditions.append(_holds(wanted.text))
    statement = (
        select(ExecutionRow, ExecutionOutcomeRow, func.left(col(ExecutionInputsRow.content), READ_CHARACTERS))
        .outerjoin(ExecutionOutcomeRow, _same(ExecutionOutcomeRow))
        .outerjoin(ExecutionInputsRow, _same(ExecutionInputsRow))
        .where(*conditions)
        .order_by(_id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)], last_read


async def count(session: AsyncSession, wanted: ExecutionFilter, limit: int) -> tuple[int, bool]:
    """Return how many executions fit, up to `limit`, and whether there may be more."""
    conditions = _conditions(wanted, None)
    if wanted.text is not None:
        read = _ids(conditions).order_by(_id.desc()).limit(SEARCHED_AT_ONCE + 1).subquery()
        read_count = (await session.execute(select(func.count()).select_from(read))).scalar_one()
        within = select(read.c.id).limit(SEARCHED_AT_ONCE)
        found = await session.execute(select(func.count()).where(_id.in_(within), _holds(wanted.text)))
        return found.scalar_one(), read_count > SEARCHED_AT_ONCE
    some = _ids(conditions).limit(limit + 1).subquery()
    found = (await session.execute(select(func.count()).select_from(some))).scalar_one()
    return min(found, limit), found > limit


def _ids(conditions: Sequence[ColumnElement[bool]]) -> Select[UUID]:
    return select(_id).outerjoin(ExecutionOutcomeRow, _same(ExecutionOutcomeRow)).where(*conditions)


def _same(table: type[ExecutionOutcomeRow | ExecutionInputsRow | ExecutionOutputRow]) -> ColumnElement[bool]:
    same_tenant = col(table.tenant_id) == col(ExecutionRow.tenant_id)
    return same_tenant & (col(table.execution_id) == col(ExecutionRow.id))


def _conditions(wanted: ExecutionFilter, before: UUID | None) -> list[ColumnElement[bool]]:
    """Return every condition but that on the text."""
    equal: list[tuple[Any, object]] = [
        (col(ExecutionRow.namespace), wanted.namespace),
        (col(ExecutionRow.kind), wanted.kind),
        (col(ExecutionRow.artifact_kind), wanted.artifact_kind),
        (col(ExecutionRow.artifact_name), wanted.artifact_name),
        (col(ExecutionRow.artifact_number), wanted.artifact_number),
        (col(ExecutionRow.artifact_label), wanted.label),
        (col(ExecutionRow.model_name), wanted.model),
        (col(ExecutionRow.actor_id), wanted.actor_id),
        (col(ExecutionRow.parent_id), wanted.parent_id),
        (col(ExecutionRow.trace_id), wanted.trace_id),
    ]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    conditions.append(col(ExecutionRow.kind) != SEALED_RUN)
    if before is not None:
        conditions.append(_id < before)
    if wanted.status == "running":
        # Those that run are few, and the others that have no outcome are none.
        same_tenant = col(ExecutionRunningRow.tenant_id) == col(ExecutionRow.tenant_id)
        conditions.append(_id.in_(select(col(ExecutionRunningRow.execution_id)).where(same_tenant)))
    elif wanted.status is not None:
        conditions.append(col(ExecutionOutcomeRow.status) == wanted.status)
    if wanted.since is not None:
        conditions += [col(ExecutionRow.created_at) >= wanted.since, _id >= lowest_id_at(wanted.since, -_SLACK)]
    if wanted.until is not None:
        conditions += [col(ExecutionRow.created_at) < wanted.until, _id < lowest_id_at(wanted.until, _SLACK)]
    if wanted.min_latency_ms is not None:
        conditions.append(col(ExecutionOutcomeRow.latency_total_ms) >= wanted.min_latency_ms)
    return conditions


def _holds(wanted: str) -> ColumnElement[bool]:
    """Return whether the inputs hold a text as their canonical JSON spells it."""
    inputs = select(func.left(col(ExecutionInputsRow.content), SEARCHED_CHARACTERS))
    # Of the execution alone: the inputs may stand in the outer query too.
    content = inputs.where(_same(ExecutionInputsRow)).correlate(ExecutionRow).scalar_subquery()
    spelled = canonical_json(wanted).decode()[1:-1]
    return func.strpos(func.lower(content), func.lower(spelled)) > 0


async def absent_owners(session: AsyncSession) -> tuple[set[UUID], datetime]:
    """Return the processes that run executions, or did, whose lock nobody holds; and since when the database runs."""
    owners = (await session.execute(select(col(ExecutionRunningRow.owner)).distinct())).scalars().all()
    held = set((await session.execute(_HELD_LOCKS)).scalars())
    started = (await session.execute(text("SELECT pg_postmaster_start_time()"))).scalar_one()
    return {owner for owner in owners if _lock_key(owner) not in held}, started


# A 64-bit key is shown in two halves, and objsubid 1 says that it was one number (PostgreSQL's manual on pg_locks).
_HELD_LOCKS = text(
    "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def running_of(session: AsyncSession, owner: UUID, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (tenant, execution) of up to `limit` executions that `owner` runs."""
    statement = (
        select(col(ExecutionRunningRow.tenant_id), col(ExecutionRunningRow.execution_id))
        .where(col(ExecutionRunningRow.owner) == owner)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def hold(connection: AsyncConnection, owner: UUID) -> None:
    """Take the lock that says "this owner lives", for as long as `connection` does."""
    await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _lock_key(owner)})


async def try_hold(connection: AsyncConnection, owner: UUID) -> bool:
    """Take the same lock; False when another holds it."""
    return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _lock_key(owner)}))


async def ping(connection: AsyncConnection) -> None:
    """Raise if the connection has ended."""
    await connection.execute(text("SELECT 1"))


async def let_go(connection: AsyncConnection, owner: UUID) -> None:
    await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _lock_key(owner)})


def _lock_key(owner: UUID) -> int:
    """Return 63 bits of the owner; a UUIDv7's last 62 are random."""
    return owner.int & (2**63 - 1)
