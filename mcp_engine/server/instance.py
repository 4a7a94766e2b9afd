"""One server a data directory, one directory layout a version."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

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
    with _locked(home) as lock:
        _check_layout(home)
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "url": url}))
        lock.flush()
        yield


def ensure_free(home: Path) -> None:
    """Look whether a server holds `home`, before anything slow is done for another.

    Raises:
        Conflict: `instance.already_running`, naming the process and address that hold it.
        Refused: `instance.home_unusable` when there can be no such directory.
    """
    with _locked(home):
        pass


def scratch(home: Path) -> Path:
    """Return the folder for files that need not survive the process, readable by this account only."""
    folder = home / "tmp"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def clear_scratch(home: Path) -> None:
    """Remove what a killed server left half-written, such as a backup with every key in it."""
    shutil.rmtree(home / "tmp", ignore_errors=True)


@contextmanager
def _locked(home: Path) -> Generator[TextIO]:
    while True:
        with _opened(home) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise Conflict(
                    "instance.already_running",
                    f"{home} is held by {_holder(lock.read())}. Stop it, or give this server another MCP_ENGINE_HOME.",
                ) from None
            # The holder before may have been a removal: then this is the lock of a file that is gone.
            if _is_at(lock, home / "server.lock"):
                yield lock
                return


def _opened(home: Path) -> TextIO:
    try:
        if not home.exists():
            home.mkdir(parents=True, exist_ok=True)
            # Enterable, not listable: root's PostgreSQL runs as another account inside it.
            home.chmod(0o711)
        return (home / "server.lock").open("a+")
    except OSError as error:
        raise Refused(
            "instance.home_unusable",
            f"The data directory {home} can't be used ({error.strerror}); set MCP_ENGINE_HOME to one that can.",
        ) from error


def _is_at(lock: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _holder(content: str) -> str:
    try:
        holder = json.loads(content)
        return f"process {holder['pid']}, which serves {holder['url']}"
    except (ValueError, KeyError, TypeError):
        return "another server that is just starting"


def _check_layout(home: Path) -> None:
    path = home / "layout.json"
    if not path.exists():
        # In one step: a start that is killed here must not leave half a file for the next.
        partial = home / f".layout.json.{os.getpid()}"
        partial.write_text(json.dumps({"layout": LAYOUT, "written_by": __version__}))
        partial.replace(path)
        return
    found = _layout(path)
    if found["layout"] > LAYOUT:
        raise Refused(
            "instance.from_newer_version",
            f"{home} was written by MCP Engine {found['written_by']}, which is newer than this {__version__}. "
            "Install that version, or choose another MCP_ENGINE_HOME. Nothing was changed.",
        )


def _layout(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
        return {"layout": int(found["layout"]), "written_by": found["written_by"]}
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            "instance.layout_unreadable",
            f"{path} is damaged. If this directory is of MCP Engine {__version__}, remove that file and start again.",
        ) from error
