"""Watching files of the machine that the command line runs on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_engine.cli import output

LOOK_SECONDS = 1.0
Stamp = tuple[int, int]


@dataclass(slots=True)
class File:
    """A file, and the name of its document."""

    path: Path
    name: str


def stamps(files: Iterable[File]) -> dict[str, Stamp]:
    """Return size and time of change of each file that is there, by name."""
    found: dict[str, Stamp] = {}
    for file in files:
        try:
            status = file.path.stat()
        except OSError:
            continue  # gone since it was listed
        found[file.name] = (status.st_size, status.st_mtime_ns)
    return found


def changes(listed: Callable[[], Iterable[File]], seen: dict[str, Stamp]) -> Iterator[File]:
    """Yield what is new or changed, for ever: a file that two looks find alike, so that none is taken half written.

    Args:
        listed: returns the files that there are now.
        seen: as `stamps` found them before.
    """
    before: dict[str, Stamp] = {}
    while True:
        time.sleep(LOOK_SECONDS)
        files = list(listed())
        now = stamps(files)
        for file in files:
            stamp = now.get(file.name)
            if stamp is not None and stamp != seen.get(file.name) and stamp == before.get(file.name):
                seen[file.name] = stamp
                yield file
        before = now


def show_change(line: dict[str, Any]) -> None:
    """Print what became of one file."""
    if output.is_json():
        output.print_json_line(line)
        return
    problem = f": {line['problem']}" if line["problem"] else ""
    output.console().print(f"{line['name']} {line['outcome']}{problem}", markup=False)
