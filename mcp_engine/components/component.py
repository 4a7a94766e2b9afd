"""The one thing a package exports to extend the engine: a `Component` under the entry point group
`mcp_engine.components`.

Importing the module that holds it must be cheap (the command line loads every component before it
prints `--help`): import routers, services and libraries inside the methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_engine.access import Caller, Permission

if TYPE_CHECKING:
    from fastapi import APIRouter

    from mcp_engine.artifacts.kinds import ArtifactKind
    from mcp_engine.audit.live import LiveCheck
    from mcp_engine.cli.groups import CommandGroup
    from mcp_engine.components.capability import Capability
    from mcp_engine.jobs.kinds import JobKind
    from mcp_engine.services import Services

GROUP = "mcp_engine.components"


class Component:
    """Override what the component contributes; every default contributes nothing."""

    name: str = ""
    """Short and stable: it names the schema version table and prefixes log events."""

    def migrations(self) -> Path | None:
        """Return the folder of Alembic revisions."""
        return None

    def permissions(self) -> Sequence[Permission]:
        """Return the scopes that the component's routes ask for; owners get them all."""
        return ()

    def artifact_kinds(self) -> Sequence[ArtifactKind]:
        """Return the kinds of artifact that the registry shall govern."""
        return ()

    def commands(self) -> Mapping[str, CommandGroup]:
        """Return command groups by name; the name "" adds top-level commands."""
        return {}

    def register(self, services: Services) -> None:
        """Build the component's services from the core's, and add them to the container."""

    def routers(self) -> Sequence[APIRouter]:
        """Return routers, each with its own prefix below `/api/v1`."""
        return ()

    def web_app(self) -> Path | None:
        """Return the folder of a built single-page application to serve at `/`; at most one component has one."""
        return None

    def job_kinds(self, services: Services) -> Sequence[JobKind]:
        """Return the durable jobs that workers run."""
        return ()

    def capabilities(self, services: Services) -> Sequence[Capability]:
        """Return the governed actions that this component offers."""
        return ()

    def live_checks(self, services: Services) -> Sequence[LiveCheck]:
        """Return what proves that the component's rows still match their entries in the audit log."""
        return ()

    async def add_sample(self, services: Services, caller: Caller) -> None:
        """Fill a fresh workspace with the component's part of the sample; may be called twice."""

    async def close(self, services: Services) -> None:
        """Release what `register` acquired."""


@cache
def installed_components() -> tuple[Component, ...]:
    """Return every component that an installed distribution declares, ordered by name.

    Raises:
        TypeError: an entry point that does not name a `Component` with a unique name.
    """
    found: dict[str, Component] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        component = point.load()
        if not isinstance(component, Component) or not component.name or component.name in found:
            raise TypeError(f"the entry point {point.name!r} in {GROUP} must name one Component with a unique name")
        found[component.name] = component
    return tuple(found.values())
