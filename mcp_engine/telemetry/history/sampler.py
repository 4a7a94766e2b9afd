"""Takes a sample of the registry every ten seconds, and condenses old ones."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from mcp_engine.database.engine import Database
from mcp_engine.telemetry.history.measures import Values, added, growth, totals
from mcp_engine.telemetry.history.repository import HistoryRepository
from mcp_engine.telemetry.history.tables import MetricSample
from mcp_engine.telemetry.metrics import REGISTRY

FINE_SECONDS = 10
COARSE_SECONDS = 300
FINE_KEPT = timedelta(hours=6)
KEPT = timedelta(days=30)
_log = structlog.get_logger(__name__)


class MetricSampler:
    """Writes what one server's metrics did, from its start on.

    A sample that the database doesn't take is not lost: the next one covers its time too.

    Args:
        server: tells the samples of servers on one database apart.
        look: sets the gauges that are asked for and not counted.
    """

    def __init__(
        self,
        database: Database,
        server: str,
        look: Callable[[], Awaitable[None]],
        *,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._database = database
        self._server = server
        self._look = look
        self._registry = registry
        self._before: Values = {}
        self._began = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to sample, on the running event loop."""
        self._before = await asyncio.to_thread(totals, self._registry)
        self._began = time.monotonic()
        self._task = asyncio.create_task(self._run(), name="metric-sampler")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def sample(self, moment: datetime) -> None:
        """Store what happened since the sample before, as the stretch that ends at `moment`."""
        await self._look()
        now, seconds = await asyncio.to_thread(totals, self._registry), time.monotonic()
        at = _begin_of(moment, FINE_SECONDS) - timedelta(seconds=FINE_SECONDS)
        row = MetricSample(
            width_seconds=FINE_SECONDS,
            at=at,
            server=self._server,
            seconds=max(seconds - self._began, 0.001),
            measured=growth(self._before, now),
        )
        async with self._database.global_work() as session:
            await HistoryRepository(session).add([row])
        self._before, self._began = now, seconds

    async def _run(self) -> None:
        condensed_for = None
        while True:
            await asyncio.sleep(FINE_SECONDS - time.time() % FINE_SECONDS)
            moment = datetime.now(UTC)
            try:
                await self.sample(moment)
                if condensed_for != _begin_of(moment, COARSE_SECONDS):
                    await condense(self._database, moment)
                    condensed_for = _begin_of(moment, COARSE_SECONDS)
            except (SQLAlchemyError, OSError) as error:
                _log.warning("metrics_not_stored", error=str(error))


async def condense(database: Database, moment: datetime) -> None:
    """Join samples that are older than six hours into five-minute ones, and remove those older than thirty days."""
    async with database.global_work() as session:
        repository = HistoryRepository(session)
        taken = await repository.take(FINE_SECONDS, fine_since(moment))
        stretches = defaultdict[tuple[datetime, str], list[MetricSample]](list)
        for row in taken:
            stretches[_begin_of(row.at, COARSE_SECONDS), row.server].append(row)
        await repository.add(
            [
                MetricSample(
                    width_seconds=COARSE_SECONDS,
                    at=at,
                    server=server,
                    seconds=sum(row.seconds for row in rows),
                    measured=added(row.measured for row in rows),
                )
                for (at, server), rows in stretches.items()
            ]
        )
        await repository.remove_before(moment - KEPT)


def fine_since(moment: datetime) -> datetime:
    """Return from when on there are ten-second samples."""
    return _begin_of(moment - FINE_KEPT, COARSE_SECONDS)


def _begin_of(moment: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(math.floor(moment.timestamp() / seconds) * seconds, UTC)
