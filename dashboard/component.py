"""What `dashboard` contributes to the engine: the folder of its built web application."""

from __future__ import annotations

from pathlib import Path

from mcp_engine.components.component import Component


class DashboardComponent(Component):
    """The pages at `/`; everything they show and do goes through the REST API."""

    name = "dashboard"

    def web_app(self) -> Path:
        return Path(__file__).parent / "dist"


component = DashboardComponent()
