"""The writing end of the journal: one in each process, all on the same files."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mcp_engine import logs
from mcp_engine.telemetry.journal.segments import KEPT_SEGMENTS, SEGMENT_BYTES, Segments

LONGEST_LINE_BYTES: Final = 64 * 1024
_CUT_CHARACTERS = 2_000
_ALWAYS_KEPT = ("timestamp", "level", "event", "logger", "request_id", "trace_id", "span_id", "tenant_id")


class JournalWriter:
    """Appends log lines to the newest segment, and starts a new one when that is full.

    A line is one `write` to a file opened with O_APPEND, so lines of several processes never mix. It
    returns when the kernel has it: a killed process loses nothing, a power cut may lose the last seconds.
    Logging must go on whatever the disk does, so a line that can't be written is counted in `lost`
    and goes to standard error alone. Not for several threads at once: `logging` holds a lock around it.

    Args:
        process: what the lines are said to come from, such as `server`.
    """

    def __init__(
        self, folder: Path, process: str, *, segment_bytes: int = SEGMENT_BYTES, kept: int = KEPT_SEGMENTS
    ) -> None:
        self._segments = Segments(folder)
        self._process = process
        self._segment_bytes = segment_bytes
        self._kept = kept
        self._descriptor: int | None = None
        self.lost = 0

    def write(self, event: Mapping[str, Any]) -> None:
        """Append one line; `event` is JSON-like and holds no secrets any more."""
        # The time comes first, where readers find it without parsing the line.
        line = _encoded({"timestamp": event.get("timestamp"), "process": self._process, "pid": os.getpid(), **event})
        try:
            os.write(self._writable(), line)
        except OSError:
            self.lost += 1

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _writable(self) -> int:
        if self._descriptor is not None:
            found = os.fstat(self._descriptor)
            if found.st_size < self._segment_bytes and found.st_nlink > 0:
                return self._descriptor
            self.close()
        self._descriptor = self._open()
        return self._descriptor

    def _open(self) -> int:
        """Open the newest segment, or the one after it when that is full; whoever comes first makes it."""
        folder = self._segments.folder
        folder.mkdir(mode=0o700, exist_ok=True)
        numbers = self._segments.numbers()
        number = numbers[-1] if numbers else 1
        if numbers and self._segments.path(number).stat().st_size >= self._segment_bytes:
            number += 1
        descriptor = os.open(self._segments.path(number), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            # A power cut left half a line: the next one must not become its other half.
            os.write(descriptor, b"\n")
        for old in numbers:
            if old <= number - self._kept:
                with contextlib.suppress(FileNotFoundError):
                    self._segments.path(old).unlink()
        return descriptor


@contextmanager
def journaling(folder: Path, process: str) -> Generator[None]:
    """Keep every log line of the block in `folder`."""
    writer = JournalWriter(folder, process)
    try:
        with logs.also_to(writer.write):
            yield
    finally:
        writer.close()


def _encoded(event: Mapping[str, Any]) -> bytes:
    line = _json(event)
    if len(line) > LONGEST_LINE_BYTES:
        kept = {name: _cut(value) for name, value in event.items() if name in (*_ALWAYS_KEPT, "process", "pid")}
        line = _json({**kept, "exception": _cut(event.get("exception")), "shortened": True})
    return line


def _json(event: Mapping[str, Any]) -> bytes:
    # Lone surrogates come from file names that are no UTF-8.
    return json.dumps(event, ensure_ascii=False, default=str).encode(errors="backslashreplace") + b"\n"


def _cut(value: Any) -> Any:
    return value[:_CUT_CHARACTERS] if isinstance(value, str) else value
