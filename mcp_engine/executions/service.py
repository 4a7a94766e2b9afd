"""Recording executions: the start, the one end, recovery after a crash, reading, erasing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import structlog
from opentelemetry import trace
from sqlalchemy.exc import IntegrityError

from mcp_engine.access import ENGINE, Caller
from mcp_engine.audit.erasure import erase
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.database.outages import NO_ANSWER
from mcp_engine.errors import Conflict, EngineError, Gone, NotAllowed, NotFound
from mcp_engine.executions import repository, views
from mcp_engine.executions.ending import record_end
from mcp_engine.executions.facts import INPUTS_TABLE, OUTPUT_TABLE, content_key
from mcp_engine.executions.late_ends import ENDED, LateEnds
from mcp_engine.executions.ownership import Owner
from mcp_engine.executions.recovery import Recovery
from mcp_engine.executions.repository import Stored
from mcp_engine.executions.rows import new_execution, new_outcome
from mcp_engine.executions.running import End, RunningExecution
from mcp_engine.executions.schemas import (
    COUNTED_AT_MOST,
    FAULT,
    INTERRUPTED,
    SEALED_RUN,
    ContentErased,
    ExecutionCount,
    ExecutionDetail,
    ExecutionFilter,
    ExecutionSummary,
    Openings,
    Outcome,
    Prices,
    StartExecution,
)
from mcp_engine.executions.tables import (
    ExecutionInputsRow,
    ExecutionRow,
)
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.http.paging import Page, decode_id_cursor, encode_cursor, page_of
from mcp_engine.idempotency.claims import Claim, claim, claimed, still_running
from mcp_engine.telemetry import metrics
from mcp_engine.telemetry.gen_ai import EXECUTION_ID
from mcp_engine.telemetry.repository import spans_of_trace
from mcp_engine.telemetry.schemas import SpanView

GRACE_SECONDS = 10.0
_NOT_KEPT = "The run ended, but the database refused what came of it; see the log."
_NOT_BEGUN = "The database did not answer when this run began; start it again."
_log = structlog.get_logger(__name__)


class ExecutionService:
    """Keeps what every run was given, what it gave and what it cost.

    A process calls `record_interrupted` before the first start and `close` after the last end.

    Args:
        grace_seconds: how long a process may be out of sight before what it runs counts as interrupted.
    """

    def __init__(self, database: Database, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self._database = database
        self._owner = Owner(database)
        self._recovery = Recovery(database, self._owner, grace_seconds)
        self._unfinished: set[asyncio.Task[Any]] = set()
        self._late = LateEnds()
        self._running: set[UUID] = set()
        self._erase_too: list[Callable[[UnitOfWork, UUID, str], Awaitable[None]]] = []

    async def record_interrupted(self) -> int:
        """Claim what this process will run, and record what dead processes left as failed (`execution.interrupted`).

        Every process that runs executions calls it before the first: until then the others take its
        executions for those of a dead one. From then on it keeps looking in the background.

        Returns:
            how many executions are found interrupted now.
        """
        await self._owner.hold()
        self._recovery.start()
        return await self._recovery.look()

    async def close(self) -> None:
        """Wait for the ends that are being written, then give up the claim."""
        while self._unfinished:
            await asyncio.wait(self._unfinished)
        await self._late.close()
        self._late = LateEnds()
        await self._recovery.stop()
        await self._owner.release()

    async def start(self, caller: Caller, start: StartExecution) -> RunningExecution:
        """Record that a run begins; durable when it returns.

        Raises:
            NotFound: `namespace.not_found`, or `execution.parent_not_found`.
            Conflict: `idempotency.still_running` when another request with the same key was faster.
            InvalidInput: `json.not_canonical` or `execution.bad_parameters` for what can't be kept as JSON.
        """
        execution, inputs = new_execution(caller, start)
        running = RunningExecution(execution.id, execution.trace_id, partial(self._record, execution, start.prices))
        writing = self._background(self._insert(caller, execution, inputs, start))
        try:
            await _outlast(writing)
        except asyncio.CancelledError:
            # It may have begun all the same, and nobody is left who would end it.
            self._background(_cancel_when_written(writing, running))
            raise
        trace.get_current_span().set_attribute(EXECUTION_ID, str(execution.id))
        return running

    async def repeated(self, caller: Caller, key: IdempotencyKey) -> ExecutionDetail | Claim:
        """Return the execution that the first request with this key succeeded with, else a claim to start with.

        A first one that failed or was cancelled gave nothing that a repeat could get: it runs again.

        Raises:
            InvalidInput: `idempotency.other_request` when the key stood for another request.
            Conflict: `idempotency.still_running`, with the time after which to repeat.
            Gone: `execution.content_erased` when the first outcome is there no more.
        """
        async with self._work(caller) as work:
            first = await claimed(work, key)
            if first is None:
                return Claim(key)
            stored = await _stored(work, first)
            if stored.outcome is None:
                raise still_running()
            if stored.outcome.status != "succeeded":
                return Claim(key, instead_of=first)
            if stored.inputs is None or stored.output is None:
                raise Gone("execution.content_erased", f"The outcome of this request, {first}, was erased.")
            return views.detail(stored, [])

    def on_erasure(self, erase_too: Callable[[UnitOfWork, UUID, str], Awaitable[None]]) -> None:
        """Call `erase_too` with the execution's id and the reason in each transaction that erases its content."""
        self._erase_too.append(erase_too)

    async def get(self, caller: Caller, execution_id: UUID) -> ExecutionDetail:
        """Return everything stored about an execution.

        Raises:
            NotFound: `execution.not_found`; another tenant's is not found either.
            NotAllowed: `execution.sealed`.
        """
        async with self._work(caller) as work:
            stored = await _readable(work, execution_id)
            return views.detail(stored, await _spans(work, stored.execution))

    async def several(
        self, caller: Caller, execution_ids: Sequence[UUID], *, sealed: bool = False
    ) -> list[ExecutionDetail]:
        """Return executions without their spans, in the order asked for.

        Args:
            sealed: also those of sealed rows, for the gate that ran them and nobody else.

        Raises:
            NotFound: `execution.not_found`, naming the first that is missing.
            NotAllowed: `execution.sealed`.
        """
        async with self._work(caller) as work:
            found = {stored.execution.id: stored for stored in await repository.find(work.session, execution_ids)}
        missing = next((one for one in execution_ids if one not in found), None)
        if missing is not None:
            raise NotFound("execution.not_found", f"There is no execution {missing}.")
        if not sealed:
            for one in found.values():
                _check_open(one)
        return [views.detail(found[one], []) for one in execution_ids]

    async def readable(self, caller: Caller, execution_ids: Sequence[UUID]) -> list[ExecutionDetail]:
        """Return those of the executions that the caller may read, without their spans, in the order asked for.

        Raises:
            NotAllowed: `execution.sealed`.
        """
        async with self._work(caller) as work:
            found = {stored.execution.id: stored for stored in await repository.find(work.session, execution_ids)}
        for one in found.values():
            _check_open(one)
        return [views.detail(found[one], []) for one in execution_ids if one in found]

    async def openings(self, caller: Caller, execution_id: UUID) -> Openings:
        """Return what opens the commitments to inputs and output, as far as they were not erased.

        Raises:
            NotFound: `execution.not_found`.
            NotAllowed: `execution.sealed`.
        """
        async with self._work(caller) as work:
            return views.openings(await _readable(work, execution_id))

    async def spans(self, caller: Caller, execution_id: UUID) -> list[SpanView]:
        """Return the finished spans of an execution's trace, earliest first.

        Raises:
            NotFound: `execution.not_found`.
            NotAllowed: `execution.sealed`.
        """
        async with self._work(caller) as work:
            return await _spans(work, (await _readable(work, execution_id)).execution)

    async def list(
        self, caller: Caller, wanted: ExecutionFilter, *, limit: int = 50, cursor: str | None = None
    ) -> Page[ExecutionSummary]:
        """Return the executions that fit, newest first.

        A search for text may return fewer than `limit` though there are more: go on from `next_cursor`.

        Raises:
            InvalidInput: `paging.bad_cursor`.
        """
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows, last_read = await repository.page(work.session, wanted, before, limit + 1)
        page = page_of([views.summary(*row) for row in rows], limit, lambda shown: (str(shown.id),))
        if page.next_cursor is None and last_read is not None:
            page.next_cursor = encode_cursor(str(last_read))
        return page

    async def count(self, caller: Caller, wanted: ExecutionFilter) -> ExecutionCount:
        """Return how many executions fit, up to `COUNTED_AT_MOST`; with a text, of those that one search reads."""
        async with self._work(caller) as work:
            found, at_least = await repository.count(work.session, wanted, COUNTED_AT_MOST)
        return ExecutionCount(count=found, at_least=at_least)

    async def erase_content(self, caller: Caller, execution_id: UUID, reason: str) -> ContentErased:
        """Erase inputs, messages and output of an execution; its facts and commitments stay.

        Raises:
            NotFound: `execution.not_found`.
            Conflict: `execution.running`; its output would only come afterwards.
            Gone: `execution.content_erased` when nothing is left to erase.
        """
        async with self._work(caller) as work:
            stored = await _stored(work, execution_id)
            if stored.outcome is None:
                raise Conflict("execution.running", "This execution runs; erase its content once it has ended.")
            present = {INPUTS_TABLE: stored.inputs, OUTPUT_TABLE: stored.output}
            tables = [table for table, row in present.items() if row is not None]
            if not tables:
                raise Gone("execution.content_erased", "The content of this execution was erased before.")
            erased = {table: await erase(work, table, content_key(execution_id), reason) for table in tables}
            for erase_too in self._erase_too:
                await erase_too(work, execution_id, reason)
        return ContentErased(erasure_ids=erased)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)

    async def _insert(
        self, caller: Caller, execution: ExecutionRow, inputs: ExecutionInputsRow, start: StartExecution
    ) -> None:
        begun = False
        try:
            async with self._work(caller) as work:
                begun = True
                await repository.insert_started(work.session, execution, inputs, owner=self._owner.id)
                if start.claim is not None:
                    await claim(work, start.claim, execution.id)
                if start.also is not None:
                    await start.also(work, execution.id)
        except IntegrityError as error:
            raise _missing(error, execution) from error
        except NO_ANSWER:
            if begun:
                end = partial(self._write_end, execution, start.prices, _not_begun())
                self._late.keep(execution.id, end, end)
            raise
        self._running.add(execution.id)
        metrics.EXECUTIONS_RUNNING.labels(execution.kind).inc()

    def _no_longer(self, execution: ExecutionRow) -> None:
        if execution.id in self._running:
            self._running.remove(execution.id)
            metrics.EXECUTIONS_RUNNING.labels(execution.kind).dec()

    async def _record(self, execution: ExecutionRow, prices: Prices | None, end: End) -> None:
        await _outlast(self._background(self._write_or_keep(execution, prices, end)))

    async def _write_or_keep(self, execution: ExecutionRow, prices: Prices | None, end: End) -> None:
        try:
            await self._write_end(execution, prices, end)
        except NO_ANSWER:
            plain = replace(end, status="failed", outcome=Outcome(), error_code=FAULT, error_message=_NOT_KEPT)
            self._late.keep(
                execution.id,
                partial(self._write_end, execution, prices, end),
                partial(self._write_end, execution, prices, plain),
            )
            raise

    async def _write_end(
        self,
        execution: ExecutionRow,
        prices: Prices | None,
        end: End,
    ) -> None:
        # Rows of its own for each attempt: those of one that failed count as stored.
        outcome, output = new_outcome(execution, end, prices)
        # A run ends in the log also when its actor may read its sources no more.
        async with self._database.unit_of_work(execution.tenant_id, execution.actor_id, reader_id=ENGINE) as work:
            if not await repository.end_running(work.session, execution.id):
                self._no_longer(execution)
                raise Conflict(ENDED, f"The execution {execution.id} has ended already.")
            await record_end(work, execution, outcome, output)
            if end.outcome.also is not None:
                await end.outcome.also(work, execution.id)
        self._no_longer(execution)
        if outcome.latency_total_ms is not None:
            metrics.EXECUTION_SECONDS.labels(execution.kind).observe(outcome.latency_total_ms / 1000)

    def _background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` to its end whatever becomes of the task that asked for it; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._unfinished.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._unfinished.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, (EngineError, *NO_ANSWER)):
            _log.error("execution_not_recorded", exc_info=error)


def _not_begun() -> End:
    """Return the end of a run whose start the database may have taken without saying so."""
    return End("failed", Outcome(), INTERRUPTED, _NOT_BEGUN, None, None, datetime.now(UTC))


async def _outlast(task: asyncio.Task[None]) -> None:
    """Wait for `task`, which goes on when the waiting is cancelled.

    The scope holds back anyio's cancellation, with which Starlette ends a stream whose client is
    gone and which comes again at every await; a plain `Task.cancel` ends the wait, not the task.
    """
    with anyio.CancelScope(shield=True):
        await asyncio.shield(task)


async def _cancel_when_written(writing: asyncio.Task[None], running: RunningExecution) -> None:
    await asyncio.wait({writing})
    if not writing.cancelled() and writing.exception() is None:
        await running.cancel()


async def _stored(work: UnitOfWork, execution_id: UUID) -> Stored:
    found = await repository.find(work.session, [execution_id])
    if not found:
        raise NotFound("execution.not_found", f"There is no execution {execution_id}.")
    return found[0]


async def _readable(work: UnitOfWork, execution_id: UUID) -> Stored:
    stored = await _stored(work, execution_id)
    _check_open(stored)
    return stored


def _check_open(stored: Stored) -> None:
    if stored.execution.kind == SEALED_RUN:
        raise NotAllowed("execution.sealed", "A gate ran this on a sealed row; what came out is for the gate alone.")


async def _spans(work: UnitOfWork, execution: ExecutionRow) -> list[SpanView]:
    if execution.trace_id is None:
        return []
    return [SpanView.model_validate(row) for row in await spans_of_trace(work.session, execution.trace_id)]


def _missing(error: IntegrityError, execution: ExecutionRow) -> EngineError | IntegrityError:
    """Return what the caller must hear when a row that the start refers to is not there."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if constraint == "fk_execution_tenant_id_namespace":
        return NotFound("namespace.not_found", f"There is no namespace {execution.namespace!r}.")
    if constraint == "fk_execution_tenant_id_parent_id":
        return NotFound("execution.parent_not_found", f"There is no execution {execution.parent_id} to be the parent.")
    return error
