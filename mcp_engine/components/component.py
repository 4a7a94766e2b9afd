"""The one thing a package exports to extend the engine: a `Component` under the entry point group
`mcp_engine.components`.

Importing the module that holds it must be cheap (the command line loads every component before it
prints `--help`): import routers, services and libraries inside the methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_engine.access import Caller, Permission
from mcp_engine.errors import Refused

if TYPE_CHECKING:
    from fastapi import APIRouter

    from mcp_engine.artifacts.kinds import ArtifactKind
    from mcp_engine.audit.live import LiveCheck
    from mcp_engine.cli.groups import CommandGroup
    from mcp_engine.components.capability import Capability
    from mcp_engine.evaluation.runs.subject import Subject
    from mcp_engine.evaluation.scorers.port import ScorerType
    from mcp_engine.jobs.kinds import JobKind
    from mcp_engine.services import Services

GROUP = "mcp_engine.components"
_OURS = "mcp-engine"


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

    def scorer_types(self, services: Services) -> Sequence[ScorerType]:
        """Return the types of scorers that evaluations can use."""
        return ()

    def subjects(self, services: Services) -> Sequence[Subject]:
        """Return how versions of the component's kinds are run on the rows of a dataset."""
        return ()

    def capabilities(self, services: Services) -> Sequence[Capability]:
        """Return the governed actions that this component offers."""
        return ()

    def live_checks(self, services: Services) -> Sequence[LiveCheck]:
        """Return what proves that the component's rows still match their entries in the audit log."""
        return ()

    async def add_sample(self, services: Services, caller: Caller) -> None:
        """Fill a fresh workspace with the component's part of the sample; may be called twice."""

    async def start(self, services: Services) -> None:
        """Begin what a server runs by itself, such as looks at what is due, until `close`; workers don't call it."""

    async def close(self, services: Services) -> None:
        """Release what `register` acquired, and end what `start` began."""


@dataclass(frozen=True, slots=True)
class BrokenComponent:
    """A component that can't be used, and why."""

    name: str
    source: str
    """The package that declares it."""
    reason: str

    @classmethod
    def of(cls, name: str, source: str, error: Exception) -> BrokenComponent:
        return cls(name, source, " ".join(f"{type(error).__name__}: {error}".split()))

    def __str__(self) -> str:
        return f"The component {self.name!r} of {self.source} can't be used ({self.reason}); repair or remove it."


def installed_components() -> tuple[Component, ...]:
    """Return every component that an installed distribution declares, ordered by name.

    Raises:
        Refused: `component.broken`, naming each that can't be loaded: a server that went on without one
            would fail its jobs and deny its scopes.
    """
    usable, broken = found_components()
    if broken:
        raise Refused("component.broken", " ".join(map(str, broken)))
    return usable


@cache
def found_components() -> tuple[tuple[Component, ...], tuple[BrokenComponent, ...]]:
    """Return the components that can be loaded, and those that can't."""
    usable: dict[str, Component] = {}
    broken: list[BrokenComponent] = []
    for point in sorted(entry_points(group=GROUP), key=_ours_first):
        try:
            component = _checked(point.load(), usable)
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
            broken.append(BrokenComponent.of(point.name, _source(point.dist), error))
        else:
            usable[component.name] = component
    return tuple(usable[name] for name in sorted(usable)), tuple(broken)


def _ours_first(point: EntryPoint) -> tuple[bool, str]:
    """Order entry points so that no plugin takes the name of a component of the engine's own."""
    return point.dist is None or point.dist.name != _OURS, point.name


def _source(distribution: Distribution | None) -> str:
    return f"{distribution.name} {distribution.version}" if distribution else "an unknown package"


def _checked(component: object, taken: Mapping[str, Component]) -> Component:
    if not isinstance(component, Component) or not component.name:
        raise TypeError(f"its entry point in {GROUP} must name a Component with a name")
    if component.name in taken:
        raise TypeError(f"another component is named {component.name!r} already")
    return component
