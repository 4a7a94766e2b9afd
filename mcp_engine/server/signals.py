"""What SIGINT and SIGTERM do: at every moment they end the process with what it has started, PostgreSQL above all."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_KILLED_BY = 128
"""What shells add to a signal's number for the exit code of a process that it ended."""


@contextmanager
def ended_by_sigterm() -> Generator[None]:
    """Let SIGTERM unwind the block as Ctrl-C does, with exit code 143, instead of ending the process on the spot."""
    before = signal.signal(signal.SIGTERM, _unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def put_off() -> Generator[None]:
    """Let SIGINT and SIGTERM take effect at the end of the block: for steps that must not stop half-way."""
    arrived: list[int] = []
    before = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def stop_on_signals(server: uvicorn.Server) -> asyncio.Event:
    """Let the running loop stop `server` on a signal, at once on the second; the event is set by the first."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        # A second signal means: now.
        server.force_exit = server.should_exit
        server.should_exit = True
        stopped.set()

    for number in _NUMBERS:
        loop.add_signal_handler(number, stop)
    return stopped


def unwind_on_signals() -> None:
    """Undo `stop_on_signals`: there is no server to stop, so a signal unwinds what is being set up."""
    loop = asyncio.get_running_loop()
    for number in _NUMBERS:
        loop.remove_signal_handler(number)
    signal.signal(signal.SIGTERM, _unwind)


def _unwind(number: int, _: FrameType | None) -> None:
    raise SystemExit(_KILLED_BY + number)
