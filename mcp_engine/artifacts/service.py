"""The rules of the registry: push, resolve, move a label."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import LATEST, KindRegistry, Reference, checked_label
from mcp_engine.artifacts.live import VERSION_PUSHED
from mcp_engine.artifacts.locks.repository import LockRepository
from mcp_engine.artifacts.moves import LabelMoves, keep, with_standing
from mcp_engine.artifacts.pushing import check_after
from mcp_engine.artifacts.recent import RecentReads
from mcp_engine.artifacts.releases import ReleaseGuard
from mcp_engine.artifacts.repository import ArtifactRepository, NewVersion, VersionRow, value_of
from mcp_engine.artifacts.resolving import MadeLock, Resolver, body_of
from mcp_engine.artifacts.schemas import LabelTarget
from mcp_engine.artifacts.tables import Artifact
from mcp_engine.artifacts.versions import (
    ArtifactFilter,
    ArtifactSummary,
    ArtifactVersion,
    Dependent,
    LabelMove,
    PushedVersion,
    ResolvedVersion,
)
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.canonical import canonical_json, digest
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import InvalidInput, TooLarge
from mcp_engine.identifiers import checked_name
from mcp_engine.identity.namespaces import require_namespace

MAX_BODY_BYTES = 1024 * 1024
MAX_MESSAGE_CHARACTERS = 2000


class ArtifactService:
    """Versions of every kind. Each method is one transaction; the `…_in` variants join the caller's."""

    def __init__(self, database: Database, kinds: KindRegistry) -> None:
        self._database = database
        self._recent = RecentReads[ResolvedVersion]()
        self._guards: list[ReleaseGuard] = []
        self.kinds = kinds

    async def push(
        self,
        caller: Caller,
        kind: str,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        message: str,
        labels: Sequence[str] = (),
        *,
        after: int | None = None,
    ) -> PushedVersion:
        """Store `body` as the next version, or find the identical one; then point `labels` at it.

        Args:
            after: see `check_after`.

        Raises:
            Conflict: `artifact.exists`, `artifact.newer_version`: `after` is not the latest version.
            InvalidInput: the name, the message or the body is not valid; says how to correct it.
            TooLarge: `artifact.too_large` above 1 MiB.
            NotFound: the kind, the namespace or a dependency does not exist.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await self.push_in(work, kind, namespace, name, body, message, labels, after=after)

    async def push_in(
        self,
        work: UnitOfWork,
        kind: str,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        message: str,
        labels: Sequence[str] = (),
        *,
        after: int | None = None,
    ) -> PushedVersion:
        """As `push`, in the caller's transaction."""
        checked_name(name, what=kind)
        labels = [checked_label(label) for label in labels]
        # Templates and schemas of a large body take their time.
        new, normalised = await asyncio.to_thread(self._new_version, kind, body, message)
        await require_namespace(work, namespace)
        repository = ArtifactRepository(work)
        artifact = await repository.ensure_artifact(namespace, kind, name)
        version = await repository.version_by_digest(artifact, new.digest)
        check_after(artifact, version, after)
        created = version is None
        if version is None:
            version = await repository.add_version(artifact, new)
            await append(work, _pushed(artifact, value_of(artifact, version)))
        pushed = PushedVersion(value_of(artifact, version), created)
        # A push is where a missing or circular dependency must be refused, not the first run.
        row = VersionRow(pushed.version, normalised)
        await Resolver(work, self.kinds, namespace).lock(row)
        for label in labels:
            await self._moves(work, artifact).release(label, row, message)
        return pushed

    def _new_version(self, kind: str, body: Mapping[str, Any], message: str) -> tuple[NewVersion, dict[str, Any]]:
        _check_message(message)
        normalised = self.kinds.get(kind).normalise(body)
        text = canonical_json(normalised)
        if len(text) > MAX_BODY_BYTES:
            raise TooLarge(
                f"{kind}.too_large",
                f"This {kind} has {len(text):,} bytes; the limit is {MAX_BODY_BYTES:,}. Put long texts into documents.",
                details={"limit": MAX_BODY_BYTES},
            )
        return NewVersion(digest(normalised), text.decode(), message), normalised

    async def resolve(self, caller: Caller, namespace: str, reference: Reference) -> ResolvedVersion:
        """Return the version that `reference` names now, with its lock: of a label, what its move locked;
        of a number or `latest`, what its dependencies resolve to at this moment, stored for the record.

        See `RecentReads` for how fresh it is.

        Raises:
            NotFound: names what exists instead.
            Gone: `artifact.erased`.
        """

        async def read() -> ResolvedVersion:
            async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
                return await self.resolve_in(work, namespace, reference)

        return await self._recent.get(caller.tenant_id, (namespace, reference), read)

    async def resolve_locked(
        self, caller: Caller, namespace: str, reference: Reference, lock_digest: str
    ) -> ResolvedVersion:
        """Return the version with a number under a lock that was made for it before, whatever labels mean now.

        Raises:
            NotFound, Gone: as `resolve`.
        """

        async def read() -> ResolvedVersion:
            async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
                resolver = Resolver(work, self.kinds, namespace)
                artifact, row = await resolver.version(reference)
                return await _resolved(work, artifact, row, await resolver.kept_lock(row, lock_digest), None)

        return await self._recent.get(caller.tenant_id, (namespace, reference, lock_digest), read)

    async def resolve_in(self, work: UnitOfWork, namespace: str, reference: Reference) -> ResolvedVersion:
        """As `resolve`, in the caller's transaction."""
        await require_namespace(work, namespace)
        resolver = Resolver(work, self.kinds, namespace)
        artifact, row = await resolver.version(reference)
        lock = await self._lock_for(work, resolver, artifact, row, reference.label)
        return await _resolved(work, artifact, row, lock, reference.label)

    async def _lock_for(
        self, work: UnitOfWork, resolver: Resolver, artifact: Artifact, row: VersionRow, label: str | None
    ) -> MadeLock:
        """Return the lock that a label's move made: what is released doesn't drift. Without a label, lock it now."""
        if label is not None and label != LATEST:
            return await resolver.released_lock(artifact, label, row)
        lock = await resolver.lock(row)
        if not await LockRepository(work).holds(lock.digest):
            await keep(work, lock)
        return lock

    def guarded_by(self, guard: ReleaseGuard) -> None:
        """Ask `guard` before every release."""
        self._guards.append(guard)

    async def move_label(
        self, caller: Caller, kind: str, namespace: str, name: str, label: str, target: LabelTarget
    ) -> LabelMove:
        """Release: point `label` at a version and store the lock. Moving it to where it points is no move.

        Raises:
            InvalidInput: `label.invalid`, `artifact.message_invalid` for the reason, `label.reason_missing` for an
                override.
            TooLarge: `artifact.message_too_long` for the reason.
            NotFound: the artifact or the version does not exist.
            NotAllowed: an override by somebody who may not.
            EngineError: what a guard raises.
        """
        if target.override:
            _check_override(caller, target.reason)
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await self.move_label_in(
                work, kind, namespace, name, label, target.version, reason=target.reason, override=target.override
            )

    async def move_label_in(
        self,
        work: UnitOfWork,
        kind: str,
        namespace: str,
        name: str,
        label: str,
        number: int,
        *,
        reason: str = "",
        override: bool = False,
    ) -> LabelMove:
        """As `move_label`, in the caller's transaction."""
        await self._for_change(work, kind, namespace, name, label, reason)
        artifact, row = await Resolver(work, self.kinds, namespace).version(Reference(kind, name, number))
        return await self._moves(work, artifact).release(label, row, reason, override=override)

    async def roll_back_label(
        self, caller: Caller, kind: str, namespace: str, name: str, label: str, number: int | None, *, reason: str = ""
    ) -> LabelMove:
        """Point `label` again at an earlier release, with the lock of that time; no guard is asked.

        Args:
            number: of the version; None means what the release in force replaced.

        Raises:
            InvalidInput, TooLarge: as `move_label`.
            NotFound: the artifact does not exist; `label.nothing_before`.
            Gone: `artifact.erased`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await self.roll_back_label_in(work, kind, namespace, name, label, number, reason=reason)

    async def roll_back_label_in(
        self,
        work: UnitOfWork,
        kind: str,
        namespace: str,
        name: str,
        label: str,
        number: int | None,
        *,
        reason: str = "",
    ) -> LabelMove:
        """As `roll_back_label`, in the caller's transaction."""
        artifact = await self._for_change(work, kind, namespace, name, label, reason)
        return await self._moves(work, artifact).roll_back(label, number, reason)

    async def check_trial_in(
        self, work: UnitOfWork, kind: str, namespace: str, name: str, label: str, numbers: Sequence[int]
    ) -> None:
        """Ask the guards whether traffic of `label` may be shown other versions than the one that it points at.

        Raises:
            NotFound: the artifact or a version does not exist.
            EngineError: what a guard raises.
        """
        resolver = Resolver(work, self.kinds, namespace)
        for number in numbers:
            _, row = await resolver.version(Reference(kind, name, number))
            for guard in self._guards:
                await guard.check_trial(work, row.version, label)

    async def _for_change(
        self, work: UnitOfWork, kind: str, namespace: str, name: str, label: str, reason: str
    ) -> Artifact:
        checked_label(label)
        _check_message(reason)
        await require_namespace(work, namespace)
        artifact = await ArtifactRepository(work).artifact_for_change(namespace, kind, name)
        if artifact is None:
            raise await Resolver(work, self.kinds, namespace).missing(kind, name)
        return artifact

    def _moves(self, work: UnitOfWork, artifact: Artifact) -> LabelMoves:
        return LabelMoves(work, self.kinds, self._guards, artifact)

    async def list(
        self, caller: Caller, kind: str, namespace: str, wanted: ArtifactFilter, *, after: str | None, limit: int
    ) -> Sequence[ArtifactSummary]:
        """Return artifacts by name, each with its latest version and where its labels point."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await require_namespace(work, namespace)
            repository = ArtifactRepository(work)
            rows = await repository.page_of_artifacts(namespace, kind, wanted, after=after, limit=limit)
            labels = await repository.labels([artifact.id for artifact, _ in rows])
        return [
            ArtifactSummary(
                artifact.id, artifact.kind, artifact.namespace, artifact.name, artifact.created_at,
                row.version, row.body, {**labels[artifact.id], LATEST: artifact.latest_number},
            )
            for artifact, row in rows
        ]  # fmt: skip

    async def versions(
        self, caller: Caller, kind: str, namespace: str, name: str, *, before: int | None, limit: int
    ) -> Sequence[tuple[ArtifactVersion, tuple[str, ...]]]:
        """Return versions, newest first, each with the labels that point at it now."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await require_namespace(work, namespace)
            repository = ArtifactRepository(work)
            artifact = await Resolver(work, self.kinds, namespace).artifact(kind, name)
            rows = await repository.page_of_versions(artifact, before=before, limit=limit)
            labels = (await repository.labels([artifact.id]))[artifact.id]
        return [(row.version, labels_at(row.version.number, artifact.latest_number, labels)) for row in rows]

    async def dependents(
        self, caller: Caller, kind: str, namespace: str, name: str, *, after: tuple[str, ...] | None, limit: int
    ) -> Sequence[Dependent]:
        """Return the releases whose locks pin a version of this artifact, by kind, name, label and reference."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await require_namespace(work, namespace)
            artifact = await Resolver(work, self.kinds, namespace).artifact(kind, name)
            return await LockRepository(work).page_of_dependents(artifact, after=after, limit=limit)

    async def label_history(
        self,
        caller: Caller,
        kind: str,
        namespace: str,
        name: str,
        *,
        label: str | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[LabelMove]:
        """Return the moves of one label, or of all, newest first."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await require_namespace(work, namespace)
            repository = ArtifactRepository(work)
            artifact = await Resolver(work, self.kinds, namespace).artifact(kind, name)
            moves = await repository.page_of_moves(artifact, label=label, before=before, limit=limit)
            return await with_standing(work, self.kinds, namespace, moves)


async def _resolved(
    work: UnitOfWork, artifact: Artifact, row: VersionRow, lock: MadeLock, label: str | None
) -> ResolvedVersion:
    labels = (await ArtifactRepository(work).labels([artifact.id]))[artifact.id]
    return ResolvedVersion(
        artifact_id=artifact.id,
        kind=artifact.kind,
        namespace=artifact.namespace,
        name=artifact.name,
        number=row.version.number,
        version_id=row.version.version_id,
        digest=row.version.digest,
        body=body_of(row),
        label=label,
        lock_digest=lock.digest,
        lock=lock.body,
        dependencies=lock.dependencies(),
        labels=labels_at(row.version.number, artifact.latest_number, labels),
        version=row.version,
    )


def _check_message(message: str) -> None:
    if len(message) > MAX_MESSAGE_CHARACTERS:
        raise TooLarge("artifact.message_too_long", f"A message has {MAX_MESSAGE_CHARACTERS:,} characters at most.")
    if "\x00" in message:
        raise InvalidInput("artifact.message_invalid", "A message can't hold NUL characters.")
    canonical_json(message)  # refuses what can't be stored


def _check_override(caller: Caller, reason: str) -> None:
    caller.require("labels:override")
    caller.require_person("label.person_needed", "Only a person can answer for a release without evidence.")
    if not reason.strip():
        raise InvalidInput("label.reason_missing", "Say why this is released without evidence; it shows for ever.")


def labels_at(number: int, latest: int, labels: Mapping[str, int]) -> tuple[str, ...]:
    """Return the labels that point at version `number`, `latest` last."""
    found = sorted(label for label, target in labels.items() if target == number)
    return (*found, LATEST) if number == latest else tuple(found)


def _pushed(artifact: Artifact, version: ArtifactVersion) -> AuditEvent:
    return AuditEvent(
        VERSION_PUSHED,
        str(version.version_id),
        {
            "artifact": str(artifact.id),
            "kind": artifact.kind,
            "namespace": artifact.namespace,
            "name": artifact.name,
            "number": version.number,
            "digest": version.digest,
            "recorded_digest": version.digest,
        },
    )
