"""The pinned checkpoint: one file outside the data directory that remembers what was signed.

Whoever can rewrite the database and holds the signing key can make a shorter or different log that
verifies by itself. This file is what then disagrees, so keep it where that person can't write: its
folder is `MCP_ENGINE_STATE_HOME`/checkpoints. The file holds one signed note, as any C2SP witness keeps it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mcp_engine.audit.notes import MAX_NOTE_BYTES


@dataclass(frozen=True, slots=True)
class Witness:
    """The checkpoint file of one log."""

    path: Path

    @classmethod
    def of(cls, state_home: Path, origin: str) -> Witness:
        return cls(state_home / "checkpoints" / (re.sub(r"[^A-Za-z0-9.-]", "_", origin) + ".txt"))

    def read(self) -> str | None:
        """Return the pinned note; None when there is none yet. Blocks on the disk."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                return file.read(MAX_NOTE_BYTES + 1)
        except FileNotFoundError:
            return None

    def pin(self, note: str) -> None:
        """Replace the pinned note: after a crash it is the old one or the new one, whole. Blocks on the disk."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with partial.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def set_aside(self) -> Path | None:
        """Move the pin out of the way, for an operator who put an older state back on purpose; return where it went.

        A restored backup is a log cut off, and verification rightly says so until this is done. The old
        pin is kept beside the new one: it says what was lost.
        """
        aside = self.path.with_name(f"{self.path.stem}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}.set-aside.txt")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return None
        return aside
