"""Folders for copies of sources, gone when their block ends; those of killed processes are gone with the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PREFIX: Final = "mcp-engine-git-"
_LOCK: Final = "lock"
_MADE_WITHIN_SECONDS: Final = 60.0
"""A folder without a lock is one that is being made, for so long."""


@contextmanager
def scratch_folder() -> Generator[Path]:
    """Make an empty folder; the lock beside it falls with the process that holds it, however that ends."""
    outer = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (outer / _LOCK).open("x") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            inner = outer / "copy"
            inner.mkdir()
            yield inner
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def clear_left() -> int:
    """Remove the folders of this account that no process holds any more; return how many."""
    left = [folder for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_left(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_left(folder: Path) -> bool:
    try:
        found = folder.lstat()
        if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
            return False
        descriptor = _opened(folder / _LOCK)
    except OSError:
        return False  # gone by now, or nothing that this process may look at
    if descriptor is None:
        return time.time() - found.st_mtime > _MADE_WITHIN_SECONDS
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _opened(lock: Path) -> int | None:
    try:
        return os.open(lock, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
