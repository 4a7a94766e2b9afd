"""Removing a data directory: the embedded database is stopped first, and a running server refuses."""

from __future__ import annotations

import shutil

from mcp_engine.config import Settings
from mcp_engine.server.database import embedded_cluster
from mcp_engine.server.instance import held_home


def remove_data(settings: Settings) -> None:
    """Remove `settings.home` and everything in it.

    Raises:
        Conflict: `instance.already_running` while a server holds it.
    """
    with held_home(settings.home, "a removal of this directory"):
        embedded_cluster(settings).stop()
        shutil.rmtree(settings.home)
