"""From a reference to a version, and from a version to its lock."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mcp_engine.artifacts.kinds import LATEST, KindRegistry, Reference
from mcp_engine.artifacts.locks.repository import LockRepository
from mcp_engine.artifacts.repository import ArtifactRepository, VersionRow
from mcp_engine.artifacts.tables import Artifact, Lock
from mcp_engine.artifacts.versions import Dependency
from mcp_engine.canonical import canonical_json, digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Gone, InvalidInput, NotFound

MAX_DEPTH = 8
MAX_DEPENDENCIES = 256
_NAMES_READ = 1000
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class MadeLock:
    """A lock of `row` and its identity; `text` is the canonical JSON that `digest` was taken of.

    `pinned` is what it depends on directly, by reference (`prompt:tone@production`), each with a lock of its own.
    """

    row: VersionRow
    digest: str
    body: Mapping[str, Any]
    text: str
    pinned: Mapping[str, MadeLock] = field(default_factory=dict[str, "MadeLock"])

    def below(self) -> Iterator[tuple[str, MadeLock]]:
        """Yield everything that it depends on, however deep, each reference once: in one lock it means one version."""
        waiting, seen = list(self.pinned.items()), set[str]()
        while waiting:
            reference, lock = waiting.pop(0)
            if reference not in seen:
                seen.add(reference)
                yield reference, lock
                waiting += lock.pinned.items()

    def dependencies(self) -> tuple[Dependency, ...]:
        """Return what it pins; raises `Gone` (`artifact.erased`) when a body on the way was erased."""
        return tuple(
            Dependency(reference, lock.row.version.number, lock.row.version.digest, body_of(lock.row))
            for reference, lock in self.below()
        )


class Resolver:
    """Resolves references of one namespace inside one unit of work."""

    def __init__(self, work: UnitOfWork, kinds: KindRegistry, namespace: str) -> None:
        self._repository = ArtifactRepository(work)
        self._locks = LockRepository(work)
        self._kinds = kinds
        self._namespace = namespace
        # By version and depth: what two prompts include is looked at once, and never deeper than allowed.
        self._made: dict[tuple[UUID, int], MadeLock] = {}

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
            f"{kind}.not_found",
            f"No {kind.replace('_', ' ')} is named {name[:140]!r} in the namespace {self._namespace!r}; {hint}.",
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
            InvalidInput: `artifact.dependency_cycle`, naming the path, `artifact.too_deep` or
                `artifact.too_many_dependencies`; what the kind raises for a dependency that does not fit.
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
        made = self._made.get((row.version.version_id, len(path)))
        if made is not None:
            return made
        if len(self._made) >= MAX_DEPENDENCIES:
            raise InvalidInput(
                "artifact.too_many_dependencies", f"This depends on more than {MAX_DEPENDENCIES} versions."
            )
        kind, body = self._kinds.get(row.version.kind), body_of(row)
        pinned: dict[str, MadeLock] = {}
        # A kind may parse what takes its time: the templates of a large body.
        for reference in await asyncio.to_thread(kind.dependencies, body):
            _, found = await self.version(reference)
            pinned[f"{reference.kind}:{reference}"] = await self.lock(found, (*path, here))
        kind.check_dependencies(body, {reference: body_of(lock.row) for reference, lock in pinned.items()})
        made = self._made[row.version.version_id, len(path)] = _made(row, pinned)
        return made

    async def released_lock(self, artifact: Artifact, label: str, row: VersionRow) -> MadeLock:
        """Return the lock made when `label` was last moved to this version."""
        return await self._stored(row, await self._locks.of_move(artifact, label, row.version.version_id))

    async def kept_lock(self, row: VersionRow, lock_digest: str) -> MadeLock:
        """Return a lock of this version that was stored before."""
        return await self._stored(row, await self._locks.one(lock_digest))

    async def _stored(self, row: VersionRow, lock: Lock) -> MadeLock:
        body = json.loads(lock.body)
        pinned: dict[str, MadeLock] = {}
        for entry in body["dependencies"]:
            kind, _, text = entry["reference"].partition(":")
            name = Reference.parse(kind, text).name
            _, found = await self.version(Reference(kind, name, entry["number"]))
            pinned[entry["reference"]] = await self._stored(found, await self._locks.one(entry["lock"]))
        return MadeLock(row, lock.digest, body, lock.body, pinned)


def _made(row: VersionRow, pinned: Mapping[str, MadeLock]) -> MadeLock:
    body = {
        "v": 1,
        "version": row.version.digest,
        "version_id": str(row.version.version_id),
        "dependencies": [
            {
                "reference": reference,
                "number": lock.row.version.number,
                "digest": lock.row.version.digest,
                "lock": lock.digest,
            }
            for reference, lock in pinned.items()
        ],
    }
    return MadeLock(row, digest(body), body, canonical_json(body).decode(), pinned)


def body_of(row: VersionRow) -> dict[str, Any]:
    """Return the body of a version, or raise `Gone` (`artifact.erased`) when it was erased."""
    if row.body is None:
        raise Gone(
            "artifact.erased",
            f"The content of version {row.version.number} of {row.version.name!r} was erased; its digest remains.",
        )
    return row.body
