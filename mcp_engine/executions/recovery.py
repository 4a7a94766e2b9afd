"""Executions whose process died are recorded as failed, once it is sure that it died."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog

from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database
from mcp_engine.executions import repository
from mcp_engine.executions.ending import record_end
from mcp_engine.executions.ownership import Absences, Owner, set_within
from mcp_engine.executions.rows import new_outcome
from mcp_engine.executions.running import End
from mcp_engine.executions.schemas import INTERRUPTED, Outcome

_BATCH = 100
_MESSAGE = "The server stopped before this run ended; start it again."
_log = structlog.get_logger(__name__)


class Recovery:
    """Looks for what dead processes left, now and then twice in each `grace_seconds`.

    Args:
        grace_seconds: how long a process may be without its lock before it counts as dead.
    """

    def __init__(self, database: Database, owner: Owner, grace_seconds: float) -> None:
        self._database = database
        self._owner = owner
        self._grace_seconds = grace_seconds
        self._absences = Absences(grace_seconds)
        self._stopping = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._looking is None:
            self._stopping.clear()
            self._looking = asyncio.create_task(self._look_on(), name="execution-recovery")

    async def stop(self) -> None:
        if self._looking is not None:
            self._stopping.set()
            await self._looking
            self._looking = None

    async def look(self) -> int:
        """Record the executions of processes that are dead by now as interrupted; return how many they were."""
        try:
            async with self._database.global_work() as session:
                absent, database_started = await repository.absent_owners(session)
        except Exception:
            # Who was absent before the database was away may be back after it.
            self._absences.forget()
            raise
        dead = self._absences.dead(absent - {self._owner.id}, database_started)
        return sum([await self._recover_from(owner) for owner in dead])

    async def _look_on(self) -> None:
        while not await set_within(self._stopping, max(self._grace_seconds / 2, 1)):
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look may succeed, and nobody else would look
                _log.warning("execution_recovery_failed", error=type(error).__name__)

    async def _recover_from(self, owner: UUID) -> int:
        count = 0
        async with self._owner.inheriting(owner) as inherited:
            while inherited and (orphans := await self._orphans(owner)):
                for tenant_id, execution_id in orphans:
                    count += await self._interrupt(tenant_id, execution_id)
        return count

    async def _orphans(self, owner: UUID) -> list[tuple[UUID, UUID]]:
        async with self._database.global_work() as session:
            return await repository.running_of(session, owner, _BATCH)

    async def _interrupt(self, tenant_id: UUID, execution_id: UUID) -> bool:
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            stored = await repository.find(work.session, [execution_id])
            if not await repository.end_running(work.session, execution_id):
                return False
            end = End("failed", Outcome(), INTERRUPTED, _MESSAGE, None, None, datetime.now(UTC))
            for one in stored:
                outcome, output = new_outcome(one.execution, end, None)
                await record_end(work, one.execution, outcome, output)
        _log.warning("execution_interrupted", execution_id=str(execution_id), tenant_id=str(tenant_id))
        return True
