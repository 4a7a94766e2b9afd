"""Old spans go: they are diagnostics, and the largest table of an instance that is used."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import structlog

from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database
from mcp_engine.telemetry import repository

BATCH = 5_000
SWEEP_SECONDS = 3_600.0
_log = structlog.get_logger(__name__)


class SpanRetention:
    """Removes spans that began more than `days` ago, once an hour; 0 keeps them for ever.

    A batch is one short transaction, so that neither locks nor the write-ahead log grow with what there is to remove.
    """

    def __init__(self, database: Database, days: int, *, batch: int = BATCH) -> None:
        self._database = database
        self._days = days
        self._batch = batch
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep, on the running event loop."""
        if self._days:
            self._task = asyncio.create_task(self._sweep_on(), name="span-retention")

    async def stop(self) -> None:
        """End after the batch under way."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def sweep(self) -> int:
        """Remove what is too old now, of every tenant; return how many spans that was."""
        before = datetime.now(UTC) - timedelta(days=self._days)
        async with self._database.global_work() as session:
            tenants = await repository.tenants(session)
        removed = 0
        for tenant_id in tenants:
            full = True
            while full and not self._stopping.is_set():
                async with self._database.unit_of_work(tenant_id, ENGINE) as work:
                    count = await repository.remove_spans(work.session, before, self._batch)
                removed, full = removed + count, count == self._batch
        return removed

    async def _sweep_on(self) -> None:
        while not self._stopping.is_set():
            try:
                if removed := await self.sweep():
                    _log.info("spans_removed", count=removed, older_than_days=self._days)
            except Exception as error:  # noqa: BLE001 - the next sweep removes what this one left
                _log.warning("spans_not_removed", exc_info=error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), SWEEP_SECONDS)
