"""Connections, and the unit of work: one transaction bound to one tenant."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

TENANT_SETTING = "mcp_engine.tenant_id"
PRINCIPAL_SETTING = "mcp_engine.principal_id"


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of one tenant: everything in it commits together or not at all.

    Row-level security shows `session` the rows of `tenant_id` only, and of rows with an access list those
    that the reader is on. `actor_id` is the principal on whose behalf the work is done, and goes into the audit log.
    """

    session: AsyncSession
    tenant_id: UUID
    actor_id: UUID
    _after_commit: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the transaction is durable; never when it rolls back.

        It must only schedule (set an event, wake a task): it runs on the event loop and must not raise.
        """
        self._after_commit.append(callback)

    async def stand_in_line(self, name: str) -> None:
        """Wait for other transactions of this tenant in the line of this name; leave it with this one's end."""
        key = f"{name}/{self.tenant_id}"
        await self.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})

    def committed(self) -> None:
        for callback in self._after_commit:
            callback()


class Database:
    """A pool of connections of the application role, which row-level security binds.

    Args:
        url: SQLAlchemy URL with the driver `postgresql+psycopg`.
        pool_size: connections at the most. All are kept: opening one costs the server more than a query does.
    """

    def __init__(self, url: str | URL, *, pool_size: int = 32) -> None:
        self.url = make_url(url)
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            pool_use_lifo=True,
            # The driver would send each BEGIN on a trip of its own; `_begin` sends it with the tenant.
            isolation_level="AUTOCOMMIT",
        )

    @asynccontextmanager
    async def unit_of_work(
        self, tenant_id: UUID, actor_id: UUID, *, reader_id: UUID | None = None, snapshot: bool = False
    ) -> AsyncGenerator[UnitOfWork]:
        """Open a transaction as `tenant_id`; commits at the end of the block, rolls back when it raises.

        Args:
            reader_id: whose eyes access lists are read with: the actor's when left out. `access.ENGINE` sees what
                every list keeps from others, so nothing that it reads may reach a caller unchecked.
            snapshot: whether all its queries see the database as it was at the first (repeatable read), for work
                that only reads; else each sees what was committed before it.
        """
        # An UUID's text holds nothing that SQL could mistake.
        bound = {TENANT_SETTING: tenant_id, PRINCIPAL_SETTING: actor_id if reader_id is None else reader_id}
        settings = (f"set_config('{name}', '{UUID(bytes=value.bytes)}', true)" for name, value in bound.items())
        binding = f"SELECT {', '.join(settings)}"
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if snapshot else "BEGIN"
            await _begin(session, f"{begin}; {binding}")
            work = UnitOfWork(session, tenant_id, actor_id)
            yield work
            await session.commit()
        work.committed()

    @asynccontextmanager
    async def global_work(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction with no tenant: it sees global tables and not one tenant-owned row."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            await _begin(session, "BEGIN")
            yield session
            await session.commit()

    async def scalar(self, statement: str, **parameters: Any) -> Any:
        """Run one global statement and return its first value, for health checks and sequences."""
        async with self.global_work() as session:
            return (await session.execute(text(statement), parameters)).scalar()

    async def close(self) -> None:
        await self.engine.dispose()


async def _begin(session: AsyncSession, statements: str) -> None:
    """Begin a transaction in one round trip, on another connection when the first turns out to be broken.

    Nothing has happened on a connection before its BEGIN, so that is also how a pooled one is found out
    whose database went away meanwhile. The session ends the transaction as always: its commit and
    rollback are the driver's own, which look at the state of the connection.
    """
    try:
        await (await session.connection()).exec_driver_sql(statements)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        await session.rollback()
        await (await session.connection()).exec_driver_sql(statements)
