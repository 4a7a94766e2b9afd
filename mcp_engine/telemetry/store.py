"""Finished spans on their way to PostgreSQL: a bounded queue, and a task that writes batches."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import format_span_id, format_trace_id

from mcp_engine import logs
from mcp_engine.access import ENGINE
from mcp_engine.database.engine import Database
from mcp_engine.telemetry import repository
from mcp_engine.telemetry.metrics import SPANS_DROPPED, SPANS_STORED
from mcp_engine.telemetry.tracing import TENANT_ATTRIBUTE

_log = structlog.get_logger(__name__)


class SpanStore(SpanProcessor):
    """Keeps the spans that ran for a tenant; the others (health checks, say) are left out.

    Ending a span never waits: when `capacity` spans wait to be written, further ones are dropped and
    counted (`mcp_engine_spans_dropped_total`). Spans are diagnostics: a crash can lose those of the last
    `interval_seconds`, and a batch that the database refuses is dropped with a log line.

    Args:
        capacity: spans that may wait.
        batch_size: wakes the writer early.
        interval_seconds: longest wait of a span before it is written.
    """

    def __init__(
        self, database: Database, *, capacity: int = 8192, batch_size: int = 256, interval_seconds: float = 1.0
    ) -> None:
        self._database = database
        self._capacity = capacity
        self._batch_size = batch_size
        self._interval_seconds = interval_seconds
        self._waiting: deque[tuple[UUID, ReadableSpan]] = deque()
        self._lock = threading.Lock()
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to write, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._write_batches(), name="span-store")

    async def close(self) -> None:
        """Write what waits and stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
            self._task = None
        await self.flush()
        self._loop = None

    def on_end(self, span: ReadableSpan) -> None:
        tenant = (span.attributes or {}).get(TENANT_ATTRIBUTE)
        if not isinstance(tenant, str):
            return
        with self._lock:
            waiting = len(self._waiting)
            if waiting < self._capacity:
                self._waiting.append((UUID(tenant), span))
        if waiting >= self._capacity:
            SPANS_DROPPED.labels("queue_full").inc()
        elif waiting + 1 == self._batch_size and self._loop is not None:
            # Spans end on worker threads too, where the event can't be set directly.
            self._loop.call_soon_threadsafe(self._wake.set)

    async def flush(self) -> None:
        """Write every span that has ended by now."""
        async with self._writing:
            while batch := self._take():
                by_tenant: defaultdict[UUID, list[ReadableSpan]] = defaultdict(list)
                for tenant_id, span in batch:
                    by_tenant[tenant_id].append(span)
                for tenant_id, spans in by_tenant.items():
                    await self._write(tenant_id, spans)

    def _take(self) -> list[tuple[UUID, ReadableSpan]]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._batch_size))]

    async def _write(self, tenant_id: UUID, spans: Sequence[ReadableSpan]) -> None:
        try:
            rows = [_row(tenant_id, span) for span in spans]
            async with self._database.unit_of_work(tenant_id, ENGINE) as work:
                await repository.insert_spans(work.session, rows)
        except Exception as error:  # noqa: BLE001 - one tenant's refused batch must not stop the writer
            SPANS_DROPPED.labels("write_failed").inc(len(spans))
            _log.warning("spans_not_stored", count=len(spans), tenant_id=str(tenant_id), exc_info=error)
        else:
            SPANS_STORED.inc(len(spans))

    async def _write_batches(self) -> None:
        while not self._closing:
            try:
                async with asyncio.timeout(self._interval_seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await self.flush()


def _row(tenant_id: UUID, span: ReadableSpan) -> dict[str, Any]:
    context, start, end = span.get_span_context(), span.start_time or 0, span.end_time or 0
    assert context is not None
    return {
        "tenant_id": tenant_id,
        "trace_id": format_trace_id(context.trace_id),
        "span_id": format_span_id(context.span_id),
        "parent_span_id": format_span_id(span.parent.span_id) if span.parent else None,
        "name": _plain(logs.redacted_text(span.name)),
        "kind": span.kind.name.lower(),
        "started_at": _moment(start),
        "duration_ms": (end - start) / 1e6,
        "status": span.status.status_code.name.lower(),
        "attributes": _storable(span.attributes or {}),
        "events": [
            {
                "name": _plain(event.name),
                "at": _moment(event.timestamp).isoformat(),
                "attributes": _storable(event.attributes),
            }
            for event in span.events
        ],
    }


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def _storable(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return attributes without secrets and as JSON that jsonb takes: no NUL, NaN or infinity."""
    kept = logs.redacted(dict(attributes or {}))
    return {_plain(key): _plain(value) for key, value in kept.items()}


def _plain(value: Any) -> Any:
    match value:
        case str() if value.isascii() and "\x00" not in value:
            return value
        case str():
            return value.replace("\x00", "").encode(errors="replace").decode()
        case float() if not math.isfinite(value):
            return str(value)
        case list() | tuple():
            return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case bool() | int() | float() | None:
            return value
        case _:
            return str(value)
