"""From a reference to a version, and from a version to its lock."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_engine.artifacts.kinds import LATEST, KindRegistry, Reference
from mcp_engine.artifacts.repository import ArtifactRepository, VersionRow
from mcp_engine.artifacts.tables import Artifact
from mcp_engine.canonical import canonical_json, digest
from mcp_engine.errors import Gone, InvalidInput, NotFound

MAX_DEPTH = 8
_NAMES_READ = 1000
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class MadeLock:
    """A lock and its identity; `text` is the canonical JSON that `digest` was taken of."""

    digest: str
    body: Mapping[str, Any]
    text: str


class Resolver:
    """Resolves references of one namespace inside one unit of work."""

    def __init__(self, repository: ArtifactRepository, kinds: KindRegistry, namespace: str) -> None:
        self._repository = repository
        self._kinds = kinds
        self._namespace = namespace

    async def artifact(self, kind: str, name: str) -> Artifact:
        """Return the artifact.

        Raises:
            NotFound: `<kind>.not_found`, naming near ones.
        """
        self._kinds.get(kind)
        found = await self._repository.artifact(self._namespace, kind, name) if "\x00" not in name else None
        if found is None:
            raise await self.missing(kind, name)
        return found

    async def missing(self, kind: str, name: str) -> NotFound:
        """Return the error that says which names there are instead of `name`."""
        names = await self._repository.names_like(self._namespace, kind, _NAMES_READ)
        near = difflib.get_close_matches(name, names, _NAMES_SHOWN, cutoff=0.5) or names[:_NAMES_SHOWN]
        hint = f"there are, for example: {', '.join(near)}" if near else "there is none yet"
        return NotFound(
            f"{kind}.not_found", f"No {kind} is named {name[:140]!r} in the namespace {self._namespace!r}; {hint}."
        )

    async def version(self, reference: Reference) -> tuple[Artifact, VersionRow]:
        """Return what `reference` names now.

        Raises:
            NotFound: `<kind>.not_found`, `<kind>.version_not_found` or `<kind>.label_not_found`; the
                message names what exists.
        """
        artifact = await self.artifact(reference.kind, reference.name)
        if reference.label is not None and reference.label != LATEST:
            row = await self._repository.version_by_label(artifact, reference.label)
            if row is None:
                labels = sorted((await self._repository.labels([artifact.id]))[artifact.id])
                raise NotFound(
                    f"{reference.kind}.label_not_found",
                    f"{reference.name!r} has no label {reference.label!r}; it has: {', '.join([LATEST, *labels])}.",
                    details={"labels": [LATEST, *labels]},
                )
            return artifact, row
        number = artifact.latest_number if reference.version is None else reference.version
        row = await self._repository.version_by_number(artifact, number)
        if row is None:
            raise NotFound(
                f"{reference.kind}.version_not_found",
                f"{reference.name!r} has no version {number}; it has 1 to {artifact.latest_number}.",
                details={"latest": artifact.latest_number},
            )
        return artifact, row

    async def lock(self, row: VersionRow, path: tuple[str, ...] = ()) -> MadeLock:
        """Return the lock of a version: its digest, and those of all it depends on, as they resolve now.

        Raises:
            InvalidInput: `artifact.dependency_cycle`, naming the path, or `artifact.too_deep`.
            NotFound: a dependency does not exist.
            Gone: `artifact.erased` when a body on the way was erased.
        """
        here = f"{row.version.kind}:{row.version.name}/{row.version.number}"
        if any(step.rpartition("/")[0] == here.rpartition("/")[0] for step in path):
            raise InvalidInput("artifact.dependency_cycle", f"These depend on each other: {' → '.join((*path, here))}.")
        if len(path) >= MAX_DEPTH:
            raise InvalidInput(
                "artifact.too_deep", f"Dependencies go deeper than {MAX_DEPTH}: {' → '.join((*path, here))}."
            )
        dependencies: list[dict[str, Any]] = []
        for reference in self._kinds.get(row.version.kind).dependencies(body_of(row)):
            _, found = await self.version(reference)
            inner = await self.lock(found, (*path, here))
            dependencies.append(
                {
                    "reference": f"{reference.kind}:{reference}",
                    "number": found.version.number,
                    "digest": found.version.digest,
                    "lock": inner.digest,
                }
            )
        body = {
            "v": 1,
            "version": row.version.digest,
            "version_id": str(row.version.version_id),
            "dependencies": dependencies,
        }
        return MadeLock(digest(body), body, canonical_json(body).decode())

    async def released_lock(self, artifact: Artifact, label: str, row: VersionRow) -> MadeLock:
        """Return the lock made when `label` was last moved to this version."""
        lock = await self._repository.lock_of_move(artifact, label, row.version.version_id)
        return MadeLock(lock.digest, json.loads(lock.body), lock.body)


def body_of(row: VersionRow) -> dict[str, Any]:
    """Return the body of a version, or raise `Gone` (`artifact.erased`) when it was erased."""
    if row.body is None:
        raise Gone(
            "artifact.erased",
            f"The content of version {row.version.number} of {row.version.name!r} was erased; its digest remains.",
        )
    return row.body
