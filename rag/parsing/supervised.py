"""One parser process as the server sees it: start, ask, and end it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import TypeVar

import rag
from mcp_engine.errors import EngineError, InvalidInput, TimedOut, TooLarge
from rag.parsing import wire

T = TypeVar("T")
_SOURCE_ROOT = Path(rag.__file__).parent.parent
_FAREWELL_SECONDS = 5.0
_FEW_THREADS = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "4"}
"""Each thread reserves memory, which the limit of a process counts: it must not depend on the machine's cores."""
_STREAM_BUFFER_BYTES = 1024 * 1024


class ParserProcess:
    """A running `rag.parsing.child`, used by one caller at a time."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._exchanging = False
        self.documents_parsed = 0

    @classmethod
    async def start(cls, memory_bytes: int, cpu_seconds: float) -> ParserProcess:
        """Start a child with these limits; it dies with the thread that started it."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-B", "-m", "rag.parsing.child",
                    str(theirs.fileno()), str(memory_bytes), str(cpu_seconds),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    cwd="/",
                    env=_environment(),
                )  # fmt: skip
            reader, writer = await asyncio.open_connection(sock=ours, limit=_STREAM_BUFFER_BYTES)
        except BaseException:
            ours.close()  # a child that did start reads the end and goes
            raise
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._reader.at_eof()

    @property
    def reusable(self) -> bool:
        """Whether it is alive and between two documents: a cancelled or failed exchange leaves it in the middle."""
        return self.alive and not self._exchanging and not self._hung_up()

    async def ask(self, request: wire.Message, carried: wire.Answer[T], *, timeout_seconds: float) -> T:
        """Have the child do one task with one document.

        Raises:
            EngineError: what the child says about the document.
            TimedOut: `document.parse_timeout` when it takes longer than the limit, in wall-clock or CPU time.
            InvalidInput: `document.parser_died` when the child ended on this document.
        """
        self.documents_parsed += 1
        filename = str(request.header["filename"])
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._exchange(request, carried)
        except TimeoutError:
            raise _too_slow(filename, timeout_seconds) from None
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise self._death(await self._ended(), filename, timeout_seconds) from error

    async def stop(self) -> None:
        """End the child at once and wait until it is gone."""
        self._writer.close()
        self._kill()
        await self._process.wait()

    def _hung_up(self) -> bool:
        """Ask the kernel: the loop may not have heard yet. Between two documents a child that lives says nothing."""
        poll = select.poll()
        poll.register(self._writer.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    async def _exchange(self, request: wire.Message, carried: wire.Answer[T]) -> T:
        self._exchanging = True
        self._writer.write(await asyncio.to_thread(wire.pack, request))
        await self._writer.drain()
        header = await self._frame(wire.MAX_HEADER_BYTES)
        blob = await self._frame(wire.MAX_BLOB_BYTES)
        self._exchanging = False
        return await asyncio.to_thread(wire.opened, header, blob, carried)

    async def _frame(self, limit: int) -> bytes:
        size = int.from_bytes(await self._reader.readexactly(wire.LENGTH_BYTES))
        if size > limit:
            raise ConnectionAbortedError(f"a parser announced {size} bytes, the limit is {limit}")
        return await self._reader.readexactly(size)

    async def _ended(self) -> int:
        """Return how the child ended; one that hung up is given a moment to say so by its exit status."""
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            self._kill()
            return await self._process.wait()

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()

    @staticmethod
    def _death(returncode: int, filename: str, timeout_seconds: float) -> EngineError:
        if returncode == -signal.SIGXCPU:
            return _too_slow(filename, timeout_seconds)
        if returncode == wire.EXIT_OUT_OF_MEMORY:
            return TooLarge(
                "document.too_much_memory",
                f"Reading {filename} takes more memory than one document may; split it into parts.",
            )
        return InvalidInput(
            "document.parser_died",
            f"The parser stopped while it read {filename}; other documents are not affected. Add it again, and if that "
            "happens again, save the document anew or convert it to another format.",
        )


def _too_slow(filename: str, timeout_seconds: float) -> TimedOut:
    return TimedOut(
        "document.parse_timeout",
        f"Reading {filename} took longer than {timeout_seconds:g} s; split it into parts or convert it.",
    )


def _environment() -> dict[str, str]:
    """A child sees no secret of the server's: only where programs, locale and this package are."""
    passed = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {**passed, **_FEW_THREADS, "PYTHONPATH": str(_SOURCE_ROOT), "PYTHONSAFEPATH": "1"}
