"""The gates that protect a label now."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.repository import ArtifactRepository
from mcp_engine.artifacts.resolving import body_of
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.gates.kind import ACTIVE, KIND, GateBody, parse_body


@dataclass(frozen=True, slots=True)
class GateInForce:
    """A gate's version in force; `version` is locked as what it names resolves now."""

    version: ResolvedVersion
    body: GateBody

    @property
    def pins(self) -> dict[str, str]:
        """The locks of what the gate names, by reference."""
        return {entry["reference"]: entry["lock"] for entry in self.version.lock["dependencies"]}


async def gates_over(
    work: UnitOfWork, artifacts: ArtifactService, namespace: str, kind: str, name: str, label: str
) -> list[GateInForce]:
    """Return the gates whose consent a release needs, by name.

    Raises:
        NotFound, Gone: what such a gate names is no longer there, or a gate was erased.
    """
    if kind == KIND:
        return []
    found: list[GateInForce] = []
    for row in await ArtifactRepository(work).labelled(namespace, KIND, ACTIVE):
        body = parse_body(body_of(row))
        # What the others name may be gone; that is no hindrance here.
        if body.covers(kind, name, label):
            reference = Reference(KIND, row.version.name, row.version.number)
            found.append(GateInForce(await artifacts.resolve_in(work, namespace, reference), body))
    return found
