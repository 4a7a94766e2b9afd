"""One server a data directory, one directory layout a version."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mcp_engine import __version__
from mcp_engine.errors import Conflict, Refused

LAYOUT = 1
"""Version of the files in the data directory; the database has its own (its migrations)."""


@contextmanager
def held_home(home: Path, url: str) -> Generator[None]:
    """Hold the data directory `home` for this process, for as long as the block lasts.

    The kernel drops the lock with the process, so a killed server leaves none behind.

    Raises:
        Conflict: `instance.already_running`, naming the process and address that hold it.
        Refused: `instance.from_newer_version` when a newer release wrote the directory.
    """
    if not home.exists():
        home.mkdir(parents=True)
        # Enterable, not listable: root's PostgreSQL runs as another account inside it.
        home.chmod(0o711)
    with (home / "server.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Conflict(
                "instance.already_running",
                f"{home} is held by {_holder(lock.read())}. Stop it, or give this server another MCP_ENGINE_HOME.",
            ) from None
        _check_layout(home)
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "url": url}))
        lock.flush()
        yield


def _holder(content: str) -> str:
    try:
        holder = json.loads(content)
        return f"process {holder['pid']}, which serves {holder['url']}"
    except (ValueError, KeyError):
        return "another server that is just starting"


def _check_layout(home: Path) -> None:
    path = home / "layout.json"
    if not path.exists():
        path.write_text(json.dumps({"layout": LAYOUT, "written_by": __version__}))
        return
    found = json.loads(path.read_text())
    if found["layout"] > LAYOUT:
        raise Refused(
            "instance.from_newer_version",
            f"{home} was written by MCP Engine {found['written_by']}, which is newer than this {__version__}. "
            "Install that version, or choose another MCP_ENGINE_HOME. Nothing was changed.",
        )
