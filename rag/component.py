"""What `rag` contributes to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcp_engine.access import Permission
from mcp_engine.components.component import Component


class RagComponent(Component):
    """Documents with versions, hybrid search, and answers made of verbatim citations."""

    name = "rag"

    def migrations(self) -> Path:
        return Path(__file__).parent / "migrations"

    def permissions(self) -> Sequence[Permission]:
        return (
            Permission("documents:read", "List, open and search documents."),
            Permission("documents:write", "Add and remove documents."),
            Permission("ask", "Ask questions of a collection."),
        )


component = RagComponent()
