"""The engine's own look at sources that are to be read again."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

import structlog

from mcp_engine.database.engine import Database
from rag.connectors.repository import claim_due
from rag.connectors.service import SourceService

LOOK_SECONDS = 1.0
AT_ONCE = 8
_log = structlog.get_logger(__name__)


class SourceSchedule:
    """Starts what is due, of every tenant. Every server has one; a source that one of them claims is not due for the
    others until its next time, so that no two look at it at once.

    A server that ends between the claim and the start leaves the source to its next time.
    """

    def __init__(self, database: Database, sources: SourceService, *, seconds: float = LOOK_SECONDS) -> None:
        self._database = database
        self._sources = sources
        self._seconds = seconds
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, on the running event loop."""
        self._task = asyncio.create_task(self._look_on(), name="source-schedule")

    async def stop(self) -> None:
        """End, with the looks under way."""
        self._stopping.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def look(self) -> int:
        """Start what is due now; return at how many sources that looked."""
        async with self._database.global_work() as session:
            due = await claim_due(session, AT_ONCE)
        await asyncio.gather(*(self._start(tenant_id, source_id) for tenant_id, source_id in due))
        return len(due)

    async def _start(self, tenant_id: UUID, source_id: UUID) -> None:
        try:
            await self._sources.start_due(tenant_id, source_id)
        except Exception as error:  # noqa: BLE001 - one source must not hold up the others
            _log.warning("source_not_started", source_id=str(source_id), exc_info=error)

    async def _look_on(self) -> None:
        while not self._stopping.is_set():
            found = 0
            try:
                found = await self.look()
            except Exception as error:  # noqa: BLE001 - the next look starts what this one left
                _log.warning("sources_not_looked_at", exc_info=error)
            if found < AT_ONCE:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._seconds)
