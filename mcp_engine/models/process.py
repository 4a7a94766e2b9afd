"""The parent's side of one model process: start it, talk to it, notice when it dies or hangs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict

import structlog

from mcp_engine.models.calls import ModelCall
from mcp_engine.models.frames import (
    HEADER_BYTES,
    Frame,
    FrameError,
    HostOptions,
    Message,
    decode_payload,
    encode_frame,
    frame_length,
)

_KEPT_LINES = 20
_log = structlog.get_logger(__name__)


class ProcessDied(Exception):
    """The process ended, or had to be ended; `args[0]` says how."""


class ModelProcess:
    """A running model process that has loaded its weights.

    Args:
        stall_seconds: silence in the middle of a request after which the process counts as hung.
    """

    def __init__(
        self,
        child: Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        stall_seconds: float,
    ) -> None:
        self._child = child
        self._reader = reader
        self._writer = writer
        self._stall_seconds = stall_seconds
        self._last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._logging = asyncio.create_task(self._log_output())
        self.exited = asyncio.create_task(child.wait())
        self.context_tokens = 0

    @property
    def pid(self) -> int:
        return self._child.pid

    @classmethod
    async def start(cls, options: HostOptions, *, start_seconds: float, stall_seconds: float) -> ModelProcess:
        """Start a process and wait until it is ready.

        Raises:
            ProcessDied: it ended, or was not ready within `start_seconds` and was killed.
        """
        ours, child = await _spawn(options)
        reader, writer = await asyncio.open_connection(sock=ours)
        process = cls(child, reader, writer, stall_seconds)
        try:
            async with asyncio.timeout(start_seconds):
                ready = await process._receive()
            process.context_tokens = int(ready["context_tokens"])
        except TimeoutError as error:
            await process.close()
            raise ProcessDied(f"it was not ready after {start_seconds:.0f} seconds") from error
        except BaseException:
            await process.close()
            raise
        return process

    async def generate(self, number: int, messages: Sequence[Message], call: ModelCall) -> AsyncGenerator[Frame]:
        """Send one request and yield its frames; the last is an `end` or an `error`.

        Raises:
            ProcessDied: the process ended or fell silent in the middle.
        """
        request = {"type": "generate", "id": number, "messages": list(messages), "call": call.model_dump()}
        try:
            self._writer.write(encode_frame(request))
            async with asyncio.timeout(self._stall_seconds):
                await self._writer.drain()
            while True:
                async with asyncio.timeout(self._stall_seconds):
                    frame = await self._receive()
                if frame["id"] != number:
                    continue
                yield frame
                if frame["type"] in ("end", "error"):
                    return
        except TimeoutError as error:
            self.kill()
            raise ProcessDied(f"it fell silent for {self._stall_seconds:.0f} seconds") from error
        except ConnectionError as error:
            raise ProcessDied("its channel broke") from error

    def cancel(self, number: int) -> None:
        """Ask the process to end a request; it answers with that request's `end` when it does."""
        self._writer.write(encode_frame({"type": "cancel", "id": number}))

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()

    async def close(self) -> None:
        """End the process and release everything that belongs to it."""
        self.kill()
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
        await self.exited
        await self._logging

    def last_words(self) -> str:
        """Return what the process printed last."""
        return "\n".join(self._last_lines)

    async def _receive(self) -> Frame:
        try:
            header = await self._reader.readexactly(HEADER_BYTES)
            return decode_payload(await self._reader.readexactly(frame_length(header)))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            status = await self._status()
            raise ProcessDied(f"it ended ({status})") from error
        except FrameError as error:
            self.kill()
            raise ProcessDied(f"it sent nonsense ({error})") from error

    async def _status(self) -> str:
        """Return how the process ended; one that closed its channel alone is ended."""
        done, _ = await asyncio.wait({self.exited}, timeout=1.0)
        if not done:
            self.kill()
        code = await self.exited
        return f"signal {-code}" if code < 0 else f"status {code}"

    async def _log_output(self) -> None:
        assert self._child.stderr is not None
        while block := await self._child.stderr.read(4096):
            for line in block.decode(errors="replace").splitlines():
                self._last_lines.append(line)
                _log.debug("model_process_output", pid=self.pid, line=line)


async def _spawn(options: HostOptions) -> tuple[socket.socket, Process]:
    """Return our end of the channel, and the process at its other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        arguments = json.dumps({**asdict(options), "descriptor": theirs.fileno()})
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "mcp_engine.models.host", arguments,
                stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, pass_fds=[theirs.fileno()], env=_environment(),
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
    return ours, child


def _environment() -> dict[str, str]:
    """Return the child's environment: none of the engine's settings, and OpenMP threads that sleep when idle.

    Spinning threads cut generation to a few tokens a second on a busy machine.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MCP_ENGINE_")}
    return {"GOMP_SPINCOUNT": "0", **inherited}
