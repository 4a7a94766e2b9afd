"""An execution between its start and its end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from uuid import UUID

from mcp_engine.database.outages import NO_ANSWER
from mcp_engine.errors import Conflict, EngineError
from mcp_engine.executions.schemas import FAULT, Ending, Outcome

_NOTHING = Outcome()


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended, as measured by the process that ran it (milliseconds)."""

    status: Ending
    outcome: Outcome
    error_code: str | None
    error_message: str | None
    latency_first_token_ms: float | None
    latency_total_ms: float | None
    ended_at: datetime


class RunningExecution:
    """A started run: call exactly one of `finish`, `fail` and `cancel`.

    Each is durable when it returns: outcome, output and audit entry are committed together. The
    write goes on when the task that waits for it is cancelled, so a client that goes away in the
    middle leaves a cancelled execution and not a running one. Where the database does not answer
    they raise its error, and this end is written once it does; no other may come instead.

    As an asynchronous context manager it ends by itself what the block leaves open: an exception
    fails it, a cancellation (also the closing of a stream's generator) cancels it; leaving the block
    without having finished is a programming error, recorded as such.
    """

    def __init__(self, execution_id: UUID, trace_id: str | None, record: Callable[[End], Awaitable[None]]) -> None:
        self.id = execution_id
        self.trace_id = trace_id
        self.partial = _NOTHING
        """What there is so far; kept when the run fails or is cancelled without saying what it had."""
        self._record = record
        self._began = time.perf_counter()
        self._first_token_ms: float | None = None
        self._ended = False

    def first_token(self) -> None:
        """Note that the first token is there; later calls do nothing."""
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()

    async def finish(self, outcome: Outcome) -> None:
        """Record success.

        Raises:
            Conflict: `execution.ended` when it ended before.
            InvalidInput: `json.not_canonical` for an output that is not JSON, `execution.too_many_sources`;
                it has not ended then.
        """
        await self._end("succeeded", outcome)

    async def fail(self, error: BaseException, partial: Outcome | None = None) -> None:
        """Record a failure: code and message of an `EngineError`, of anything else its class only."""
        if isinstance(error, EngineError):
            code, message = error.code, error.message
        else:
            code, message = FAULT, f"The run failed unexpectedly ({type(error).__name__}); see the log."
        await self._end("failed", partial or self.partial, code, message)

    async def cancel(self, partial: Outcome | None = None) -> None:
        """Record that the run was stopped, by its client or by the server."""
        await self._end("cancelled", partial or self.partial)

    async def _end(
        self, status: Ending, outcome: Outcome, error_code: str | None = None, error_message: str | None = None
    ) -> None:
        if self._ended:
            raise Conflict("execution.ended", f"The execution {self.id} has ended already.")
        self._ended = True
        end = End(
            status, outcome, error_code, error_message, self._first_token_ms, self._elapsed_ms(), datetime.now(UTC)
        )  # fmt: skip
        try:
            await self._record(end)
        except NO_ANSWER:
            raise
        except Exception:
            # Nothing was recorded, so that another ending may still be.
            self._ended = False
            raise

    async def __aenter__(self) -> RunningExecution:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended:
            return
        if error is None:
            await self.fail(RuntimeError("the block ended without an outcome"))
        elif isinstance(error, Exception):
            await self.fail(error)
        else:
            await self.cancel()

    def _elapsed_ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)
