"""What the operator allows sources to read, from `MCP_ENGINE_*` environment variables."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SourceOptions(BaseSettings):
    """Nothing of the server's disk and no private address is read unless it is named here."""

    model_config = SettingsConfigDict(env_prefix="MCP_ENGINE_", frozen=True)

    source_roots: str = ""
    """Folders that sources of the kinds `folder` and `git` may read below, separated as in PATH."""
    source_hosts: str = ""
    """Comma-separated hosts that sources may read although their addresses are private; `host` or `host:port`."""
    source_seconds: float = Field(default=60.0, gt=0)
    """How long one document, listing or look may take to arrive."""
    source_clone_seconds: float = Field(default=600.0, gt=0)
    source_clone_bytes: int = Field(default=2 * 1024**3, ge=1024)
    """How long the copy of a git repository may take, and how large it may become."""

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """Return the folders that exist, without links in their paths."""
        named = (Path(one) for one in self.source_roots.split(os.pathsep) if one.strip())
        return tuple(one.resolve() for one in named if one.is_absolute() and one.is_dir())

    @cached_property
    def hosts(self) -> frozenset[str]:
        return frozenset(one.strip().lower() for one in self.source_hosts.split(",") if one.strip())
