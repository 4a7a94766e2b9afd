"""What `rag` contributes to the engine."""

from __future__ import annotations

from mcp_engine.components.component import Component


class RagComponent(Component):
    name = "rag"


component = RagComponent()
