"""The gates that protect a label now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.repository import ArtifactRepository
from mcp_engine.artifacts.resolving import body_of
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ArtifactFilter, ResolvedVersion
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.gates.kind import ACTIVE, KIND, GateBody, parse_body

_READ_AT_ONCE = 200


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
    for gate, number, body in await _active(work, namespace):
        # What the others name may be gone; that is no hindrance here.
        if body.covers(kind, name, label):
            version = await artifacts.resolve_in(work, namespace, Reference(KIND, gate, number))
            found.append(GateInForce(version, body))
    return found


async def _active(work: UnitOfWork, namespace: str) -> Sequence[tuple[str, int, GateBody]]:
    repository, after = ArtifactRepository(work), None
    found: list[tuple[str, int, GateBody]] = []
    while True:
        page = await repository.page_of_artifacts(
            namespace, KIND, ArtifactFilter(label=ACTIVE), after=after, limit=_READ_AT_ONCE
        )
        for artifact, _ in page:
            row = await repository.version_by_label(artifact, ACTIVE)
            assert row is not None
            found.append((artifact.name, row.version.number, parse_body(body_of(row))))
        if len(page) < _READ_AT_ONCE:
            return found
        after = page[-1][0].name
