"""Which release this is."""

from __future__ import annotations

from importlib.metadata import version

DISTRIBUTION = "mcp-engine-client"
__version__ = version(DISTRIBUTION)
