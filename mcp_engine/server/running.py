"""The running instance as its own routes see it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mcp_engine.config import Settings
from mcp_engine.server.database import DatabaseUrls

WORKER_COMMAND = (sys.executable, "-m", "mcp_engine.server.worker")


@dataclass(slots=True)
class Instance:
    """What this process is, and the event that asks it to start again."""

    settings: Settings
    urls: DatabaseUrls
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    restart: asyncio.Event = field(default_factory=asyncio.Event)
    copying: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one backup or restore that may run at a time."""
