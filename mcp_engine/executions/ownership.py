"""Which process runs an execution, and whether that process is still there."""

from __future__ import annotations

import contextlib
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_engine.database.engine import Database
from mcp_engine.executions import repository
from mcp_engine.identifiers import new_id


class Owner:
    """This process, as the owner of the executions that it runs.

    A living owner holds an advisory lock on a connection of its own. PostgreSQL lets the lock go
    when the connection ends, however the process died and on whatever machine, so anybody can tell
    by trying to take it. Not covered: a process that lost its connection to the database and lives
    on counts as dead; what it then records as the end of an execution is refused.
    """

    def __init__(self, database: Database) -> None:
        self.id = new_id()
        self._database = database
        self._connection: AsyncConnection | None = None

    async def hold(self) -> None:
        """Be alive from now on."""
        if self._connection is None:
            connection = await self._database.engine.connect()
            self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await repository.try_hold(self._connection, self.id)

    async def release(self) -> None:
        """Be alive no more."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            # A connection that broke has let go by itself.
            with contextlib.suppress(DBAPIError):
                await repository.let_go(connection, self.id)
            await connection.close()

    async def inherit(self, owner: UUID) -> bool:
        """Take over the executions of `owner` if it is dead; end with `renounce`."""
        assert self._connection is not None
        return owner != self.id and await repository.try_hold(self._connection, owner)

    async def renounce(self, owner: UUID) -> None:
        assert self._connection is not None
        await repository.let_go(self._connection, owner)
