"""Supervised model processes behind one fair queue.

A request waits its turn (round robin over tenants), runs on one process, and streams back. Its end
is always one of: the answer, an `EngineError` that says what to do, or the consumer going away,
which stops the generation. A process that dies or hangs takes the one request on it along and is
replaced; the others wait.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

import structlog

from mcp_engine.config import Settings
from mcp_engine.errors import EngineError, ModelFailed, SlowDown, TryLater
from mcp_engine.models.calls import ModelCall
from mcp_engine.models.frames import Frame, HostOptions, Message
from mcp_engine.models.process import ModelProcess, ProcessDied
from mcp_engine.models.queueing import FairQueue, QueueFull
from mcp_engine.models.requests import Completion, Job, Piece, completion_of, error_of, piece_of
from mcp_engine.models.weights import Weights, prepare_weights

FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 30.0
MOST_RESTARTS_OF_A_REQUEST = 2
GIVE_UP_AFTER_FAILED_STARTS = 3
_log = structlog.get_logger(__name__)

State = Literal["starting", "idle", "busy", "waiting", "stopped"]


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How many processes, how loaded, and every limit of time (seconds).

    `start_seconds`: until a process is ready, and until a request gives up when none is.
    `timeout_seconds`: a request's limit when it names none. `grace_seconds`: for a process to obey
    a cancel before it is killed. `stall_seconds`: silence that counts as a hang.
    """

    processes: int = 1
    threads: int = 1
    gpu_layers: int = 0
    context_tokens: int = 4096
    queue_length: int = 64
    timeout_seconds: float = 300.0
    start_seconds: float = 60.0
    grace_seconds: float = 5.0
    stall_seconds: float = 120.0

    @classmethod
    def from_settings(cls, settings: Settings) -> PoolOptions:
        cores = os.cpu_count() or 1
        processes = settings.model_processes or min(2, cores)
        return cls(
            processes=processes,
            threads=settings.model_threads or max(1, cores // processes),
            gpu_layers=settings.model_gpu_layers,
            context_tokens=settings.model_context_tokens,
            queue_length=settings.model_queue_length,
            timeout_seconds=settings.model_timeout_seconds,
        )


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One slot of the pool, for status pages and metrics."""

    slot: int
    state: State
    pid: int | None
    restarts: int
    served: int
    last_failure: str | None


@dataclass(eq=False, slots=True)
class _Slot:
    index: int
    state: State = "starting"
    process: ModelProcess | None = None
    assigned: asyncio.Future[Job] | None = None
    last_key: str = ""
    restarts: int = 0
    served: int = 0
    failed_starts: int = 0
    last_failure: str | None = None


class ModelPool:
    """The local model. Use it from one event loop.

    Args:
        weights: prepares the weights; called once, in a thread.
    """

    def __init__(self, options: PoolOptions, weights: Callable[[], Weights]) -> None:
        self.options = options
        self._prepare = weights
        self._preparing: asyncio.Task[Weights] | None = None
        self._queue: FairQueue[Job] = FairQueue(options.queue_length)
        self._slots = [_Slot(index) for index in range(options.processes)]
        self._supervisors: list[asyncio.Task[None]] = []
        self._numbers = itertools.count(1)
        self._mean_seconds = 2.0
        self._closed = False

    @classmethod
    def from_settings(cls, settings: Settings) -> ModelPool:
        return cls(PoolOptions.from_settings(settings), lambda: prepare_weights(settings.home, settings.model_path))

    @property
    def queue_length(self) -> int:
        """Requests that wait for a process."""
        return len(self._queue)

    @property
    def busy(self) -> int:
        return sum(slot.state == "busy" for slot in self._slots)

    @property
    def alive(self) -> int:
        return sum(slot.process is not None for slot in self._slots)

    def processes(self) -> list[ProcessInfo]:
        return [
            ProcessInfo(
                slot.index, slot.state, slot.process.pid if slot.process else None,
                slot.restarts, slot.served, slot.last_failure,
            )
            for slot in self._slots
        ]  # fmt: skip

    def start(self) -> None:
        """Begin to start the processes in the background; the first request does it too."""
        if not self._supervisors and not self._closed:
            self._supervisors = [
                asyncio.create_task(self._supervise(slot), name=f"model-slot-{slot.index}") for slot in self._slots
            ]

    async def close(self) -> None:
        """End every process; requests that run or wait fail with `model.unavailable`."""
        self._closed = True
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        self._fail_waiting("The engine is stopping.")
        if self._preparing is not None:
            await asyncio.gather(self._preparing, return_exceptions=True)

    async def weights(self) -> Weights:
        """Return the weights, preparing them on the first call.

        Raises:
            Refused: they can't be had; see `prepare_weights`. The next call tries again.
        """
        if self._preparing is None or (self._preparing.done() and self._preparing.exception() is not None):
            self._preparing = asyncio.create_task(asyncio.to_thread(self._prepare))
        return await asyncio.shield(self._preparing)

    async def stream(self, messages: Sequence[Message], call: ModelCall) -> AsyncGenerator[Piece | Completion]:
        """Yield an answer in pieces, then its `Completion`. Closing the generator ends the work.

        Raises:
            InvalidInput: the prompt or the schema does not fit the model (see `llama`).
            SlowDown: `model.queue_full`.
            TryLater: `model.unavailable`, no process is up.
            TimedOut: `model.timed_out`, waiting included.
            ModelFailed: `model.process_died`, `model.decode_failed`, `model.failed`.
        """
        job = self._submit(messages, call)
        try:
            while True:
                event = await self._next_event(job)
                if isinstance(event, EngineError):
                    raise event
                if event["type"] == "text":
                    yield piece_of(event)
                elif event["type"] == "end":
                    yield completion_of(event, job)
                    return
        finally:
            self._abandon(job)

    def _submit(self, messages: Sequence[Message], call: ModelCall) -> Job:
        if self._closed:
            raise self._unavailable("The engine is stopping.")
        self.start()
        if self._starts_in_vain():
            raise self._unavailable("The local model does not start.")
        now = time.monotonic()
        limit = call.timeout_seconds or self.options.timeout_seconds
        job = Job(next(self._numbers), messages, call, submitted=now, deadline=now + limit)
        try:
            self._queue.put(call.fair_key, job)
        except QueueFull:
            raise SlowDown(
                "model.queue_full",
                f"{len(self._queue)} requests wait for the local model already; repeat this one later.",
                retry_after_seconds=self._expected_wait(),
            ) from None
        self._dispatch()
        return job

    async def _next_event(self, job: Job) -> Frame | EngineError:
        patience = job.submitted + self.options.start_seconds
        while True:
            if not job.events.empty():
                return job.events.get_nowait()
            # Once it runs, the process's supervisor keeps the deadline, with time to end the work.
            spare = 0.0 if job.started is None else 2 * self.options.grace_seconds
            limit = job.deadline + spare if job.started is not None else min(job.deadline, patience)
            try:
                async with asyncio.timeout(limit - time.monotonic()):
                    return await job.events.get()
            except TimeoutError:
                now = time.monotonic()
                if now >= job.deadline + spare:
                    raise job.timed_out() from None
                if job.started is None and self.alive == 0:
                    raise self._unavailable("No process of the local model is up.") from None
                patience = now + self.options.start_seconds

    def _abandon(self, job: Job) -> None:
        if not self._queue.remove(job.call.fair_key, job):
            job.abandoned.set()

    def _dispatch(self) -> None:
        """Give waiting jobs to idle processes; one that served the same tenant last may know the prompt."""
        while idle := [slot for slot in self._slots if slot.assigned is not None and not slot.assigned.done()]:
            job = self._queue.take()
            if job is None:
                return
            slot = next((slot for slot in idle if slot.last_key == job.call.fair_key), idle[0])
            assert slot.assigned is not None
            slot.assigned.set_result(job)

    async def _supervise(self, slot: _Slot) -> None:
        """Keep one process running until the pool closes."""
        backoff = FIRST_BACKOFF_SECONDS
        while True:
            slot.state = "starting"
            served_before = slot.served
            try:
                process = await self._start_process()
            except (ProcessDied, EngineError, OSError) as error:
                slot.failed_starts += 1
                slot.last_failure = str(error)
                _log.error("model_process_did_not_start", slot=slot.index, reason=str(error))
                if self._starts_in_vain():
                    self._fail_waiting("The local model does not start.")
            else:
                slot.failed_starts = 0
                slot.process = process
                _log.info("model_process_ready", slot=slot.index, pid=process.pid)
                try:
                    await self._serve(slot, process)
                finally:
                    slot.process = None
                    slot.state = "stopped"
                    await process.close()
            if slot.served > served_before:
                backoff = FIRST_BACKOFF_SECONDS
            slot.restarts += 1
            slot.state = "waiting"
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)

    async def _start_process(self) -> ModelProcess:
        weights = await self.weights()
        options = HostOptions(
            model_path=str(weights.path),
            context_tokens=self.options.context_tokens,
            threads=self.options.threads,
            gpu_layers=self.options.gpu_layers,
        )
        return await ModelProcess.start(
            options, start_seconds=self.options.start_seconds, stall_seconds=self.options.stall_seconds
        )

    async def _serve(self, slot: _Slot, process: ModelProcess) -> None:
        """Run jobs on a process until it dies."""
        while True:
            slot.state = "idle"
            job = await self._assignment(slot, process)
            if job is None:
                slot.last_failure = "it ended while idle"
                _log.warning("model_process_died", slot=slot.index, pid=process.pid, reason=slot.last_failure)
                return
            slot.state = "busy"
            slot.last_key = job.call.fair_key
            try:
                await self._run(process, job)
                slot.served += 1
            except ProcessDied as error:
                slot.last_failure = str(error)
                _log.warning(
                    "model_process_died",
                    slot=slot.index, pid=process.pid, reason=str(error), last_words=process.last_words(),
                )  # fmt: skip
                self._after_death(job)
                return
            except asyncio.CancelledError:
                job.events.put_nowait(self._unavailable("The engine is stopping."))
                raise

    async def _assignment(self, slot: _Slot, process: ModelProcess) -> Job | None:
        """Wait for the slot's next job; None when the process ends first."""
        assigned: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        slot.assigned = assigned
        self._dispatch()
        try:
            await asyncio.wait({assigned, process.exited}, return_when=asyncio.FIRST_COMPLETED)
            return assigned.result() if assigned.done() else None
        except asyncio.CancelledError:
            if assigned.done():
                assigned.result().events.put_nowait(self._unavailable("The engine is stopping."))
            raise
        finally:
            slot.assigned = None

    async def _run(self, process: ModelProcess, job: Job) -> None:
        """Run one job to its end, cancelling it when nobody waits for it any more or its time is up."""
        forwarding = asyncio.create_task(self._forward(process, job))
        abandoned = asyncio.create_task(job.abandoned.wait())
        try:
            await asyncio.wait(
                {forwarding, abandoned}, timeout=job.deadline - time.monotonic(), return_when=asyncio.FIRST_COMPLETED
            )
            if not forwarding.done():
                if not job.abandoned.is_set():
                    job.events.put_nowait(job.timed_out())
                    job.abandoned.set()
                process.cancel(job.number)
                await asyncio.wait({forwarding}, timeout=self.options.grace_seconds)
                if not forwarding.done():
                    _log.warning("model_process_ignored_cancel", pid=process.pid)
                    process.kill()
            await forwarding
        finally:
            for task in (forwarding, abandoned):
                task.cancel()
            await asyncio.gather(forwarding, abandoned, return_exceptions=True)

    async def _forward(self, process: ModelProcess, job: Job) -> None:
        async with aclosing(process.generate(job.number, job.messages, job.call)) as frames:
            async for frame in frames:
                if frame["type"] == "started":
                    job.started = time.monotonic()
                elif frame["type"] == "error":
                    job.events.put_nowait(error_of(frame))
                elif frame["type"] != "progress":
                    job.events.put_nowait(frame)
        if job.started is not None:
            self._mean_seconds += 0.2 * (time.monotonic() - job.started - self._mean_seconds)

    def _after_death(self, job: Job) -> None:
        if job.abandoned.is_set():
            return
        if job.started is None and job.restarts < MOST_RESTARTS_OF_A_REQUEST:
            # The process was gone before it saw the request: another one can serve it.
            job.restarts += 1
            self._queue.put_back(job.call.fair_key, job)
            self._dispatch()
            return
        job.events.put_nowait(
            ModelFailed(
                "model.process_died",
                "The model process that worked on this request died and is being replaced; repeat the request.",
                retry_after_seconds=1.0,
            )
        )

    def _starts_in_vain(self) -> bool:
        return self.alive == 0 and all(slot.failed_starts >= GIVE_UP_AFTER_FAILED_STARTS for slot in self._slots)

    def _fail_waiting(self, what: str) -> None:
        while (job := self._queue.take()) is not None:
            job.events.put_nowait(self._unavailable(what))

    def _expected_wait(self) -> float:
        seconds = (len(self._queue) + 1) * self._mean_seconds / max(1, len(self._slots))
        return min(60.0, max(1.0, seconds))

    def _unavailable(self, what: str) -> TryLater:
        failures = [slot.last_failure for slot in self._slots if slot.last_failure]
        reason = f" The last failure: {failures[-1]}" if failures and not self._closed else ""
        return TryLater("model.unavailable", f"{what}{reason}", retry_after_seconds=5.0)
