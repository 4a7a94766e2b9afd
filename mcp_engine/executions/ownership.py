"""Which process runs an execution, and whether that process is still there."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from mcp_engine.database.engine import Database
from mcp_engine.executions import repository
from mcp_engine.identifiers import new_id

BEAT_SECONDS = 1.0
_ANSWER_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Owner:
    """This process, as the owner of the executions that it runs.

    A living owner holds an advisory lock on a connection of its own. PostgreSQL lets the lock go when
    the connection ends, however the process died and on whatever machine. A connection that ends
    while the process lives (the database started again, say) is replaced within `BEAT_SECONDS` of
    the database being back; `Absences` gives it the time. Not covered: a process that is cut off from the
    database for longer, while others are not, counts as dead; the ends that it then records are refused.
    """

    def __init__(self, database: Database) -> None:
        self.id = new_id()
        # Outside the pool: a busy pool must not keep an owner from saying that it lives.
        self._engine: AsyncEngine = create_async_engine(database.url, poolclass=NullPool)
        self._released = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Be alive from now on."""
        if self._keeping is None:
            self._released.clear()
            self._keeping = asyncio.create_task(self._keep(await self._taken()), name="execution-owner")

    async def release(self) -> None:
        """Be alive no more."""
        if self._keeping is not None:
            self._released.set()
            await self._keeping
            self._keeping = None
        await self._engine.dispose()

    @asynccontextmanager
    async def inheriting(self, owner: UUID) -> AsyncGenerator[bool]:
        """Take over the executions of `owner` for the block; False when it lives, or another process does so."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            taken = await repository.try_hold(connection, owner)
            try:
                yield taken
            finally:
                if taken:
                    await repository.let_go(connection, owner)

    async def _taken(self) -> AsyncConnection:
        """Return a new connection that holds our lock."""
        connection = await self._engine.connect()
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            # This waits where PostgreSQL has not yet noticed that our last connection ended.
            await repository.hold(connection, self.id)
        except BaseException:
            await _abandon(connection)
            raise
        return connection

    async def _keep(self, connection: AsyncConnection | None) -> None:
        while not await set_within(self._released, BEAT_SECONDS):
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    if connection is None:
                        connection = await self._taken()
                        _log.info("execution_claim_renewed")
                    await repository.ping(connection)
            except (SQLAlchemyError, OSError) as error:
                if connection is not None:
                    _log.warning("execution_claim_lost", error=type(error).__name__)
                    await _abandon(connection)
                    connection = None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError, OSError):
                await repository.let_go(connection, self.id)
            await _abandon(connection)


class Absences:
    """Since when owners have been seen without their lock.

    An owner is dead once its lock was free throughout `grace_seconds`: a living one takes it again
    before. A restart of the database frees all locks at once, so it begins the time anew.
    """

    def __init__(self, grace_seconds: float) -> None:
        self._grace_seconds = grace_seconds
        self._since: dict[UUID, float] = {}
        self._database_started: object = None

    def forget(self) -> None:
        """Begin anew: what was seen before need not hold any more."""
        self._since.clear()

    def dead(self, absent: set[UUID], database_started: object) -> list[UUID]:
        """Note the owners that are absent now, and return those that are dead."""
        if database_started != self._database_started:
            self._database_started = database_started
            self.forget()
        now = time.monotonic()
        self._since = {owner: self._since.get(owner, now) for owner in absent}
        return [owner for owner, since in self._since.items() if now - since >= self._grace_seconds]


async def _abandon(connection: AsyncConnection) -> None:
    """Close a connection that may be broken, and with it give up its locks."""
    with contextlib.suppress(SQLAlchemyError, OSError):
        await connection.invalidate()
    with contextlib.suppress(SQLAlchemyError, OSError):
        await connection.close()


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for `event`, for `seconds` at the longest; return whether it is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
