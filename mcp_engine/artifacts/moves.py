"""Moves of labels inside one unit of work: releases, rollbacks, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mcp_engine.artifacts.kinds import KindRegistry, Reference
from mcp_engine.artifacts.live import LABEL_MOVED
from mcp_engine.artifacts.locks.repository import LockRepository
from mcp_engine.artifacts.releases import PINS, Release, ReleaseGuard
from mcp_engine.artifacts.repository import ArtifactRepository, VersionRow
from mcp_engine.artifacts.resolving import MadeLock, Resolver, body_of
from mcp_engine.artifacts.tables import Artifact, LabelCertificate, LabelEvent
from mcp_engine.artifacts.versions import ArtifactVersion, LabelMove
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.canonical import canonical_json
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import EngineError, NotFound
from mcp_engine.identifiers import new_id

NOTHING_BEFORE: Final = "label.nothing_before"


class LabelMoves:
    """Moves the labels of one artifact, whose row the caller has locked.

    Args:
        guards: are asked before every release, and may refuse it.
    """

    def __init__(
        self, work: UnitOfWork, kinds: KindRegistry, guards: Sequence[ReleaseGuard], artifact: Artifact
    ) -> None:
        self._work = work
        self._kinds = kinds
        self._guards = guards
        self._artifact = artifact
        self._repository = ArtifactRepository(work)

    async def release(self, label: str, row: VersionRow, reason: str, *, override: bool = False) -> LabelMove:
        """Point `label` at a version under the lock it has now. Moving it to where it points is no move.

        Raises:
            EngineError: what a guard raises; what has no lock.
        """
        last = await self._repository.last_move(self._artifact, label)
        lock = await Resolver(self._work, self._kinds, self._artifact.namespace).lock(row)
        if last is not None and (last.to_version_id, last.lock_digest) == (row.version.version_id, lock.digest):
            return await self._newest(label)
        certificate = await self._certificate(label, row.version, lock.digest, last, override=override)
        await keep(self._work, lock)
        event = self._event(label, last, row.version, lock.digest, reason)
        return await self._record(event, row.version, certificate)

    async def roll_back(self, label: str, number: int | None, reason: str) -> LabelMove:
        """Point `label` again at what it pointed at before, with the lock of that time.

        Args:
            number: of the version; None means what the last release replaced.

        Raises:
            NotFound: `label.nothing_before` when it never pointed at this version, or at no other.
            Gone: `artifact.erased`.
            NotAllowed: as `ReleaseGuard.check_rollback`.
        """
        last = await self._repository.last_move(self._artifact, label)
        earlier = None if last is None else await self._repository.move_before(last, number)
        if last is None or earlier is None:
            where = "at any other" if number is None else f"at version {number}"
            raise NotFound(
                NOTHING_BEFORE,
                f"The label {label!r} of {self._artifact.name!r} has not pointed {where} before; "
                "a rollback goes back to an earlier release.",
            )
        row = await self._repository.version_by_id(self._artifact, earlier.to_version_id)
        body_of(row)
        for guard in self._guards:
            await guard.check_rollback(self._work, row.version)
        if (last.to_version_id, last.lock_digest) == (earlier.to_version_id, earlier.lock_digest):
            return await self._newest(label)
        event = self._event(label, last, row.version, earlier.lock_digest, reason)
        event.restores = earlier.number
        return await self._record(event, row.version, None)

    async def _certificate(
        self,
        label: str,
        version: ArtifactVersion,
        lock_digest: str,
        last: LabelEvent | None,
        *,
        override: bool,
    ) -> Mapping[str, Any] | None:
        release = Release(
            version=version,
            label=label,
            lock_digest=lock_digest,
            from_version_id=None if last is None else last.to_version_id,
            from_lock_digest=None if last is None else last.lock_digest,
            moved_at=None if last is None else last.created_at,
            override=override,
        )
        given = [await guard.certificate(self._work, release) for guard in self._guards]
        return next((one for one in given if one is not None), None)

    def _event(
        self, label: str, last: LabelEvent | None, version: ArtifactVersion, lock_digest: str, reason: str
    ) -> LabelEvent:
        return LabelEvent(
            tenant_id=self._work.tenant_id,
            id=new_id(),
            artifact_id=self._artifact.id,
            label=label,
            number=1 if last is None else last.number + 1,
            from_version_id=None if last is None else last.to_version_id,
            to_version_id=version.version_id,
            lock_digest=lock_digest,
            actor_id=self._work.actor_id,
            reason=reason,
        )

    async def _record(
        self, event: LabelEvent, version: ArtifactVersion, certificate: Mapping[str, Any] | None
    ) -> LabelMove:
        event = await self._repository.add_move(event)
        if certificate is not None:
            text = canonical_json(certificate).decode()
            await self._repository.add_certificate(
                LabelCertificate(tenant_id=event.tenant_id, event_id=event.id, body=text)
            )
        move = await self._newest(event.label)
        await append(self._work, _moved(self._artifact, event, move, version, certificate))
        return move

    async def _newest(self, label: str) -> LabelMove:
        moves = await self._repository.page_of_moves(self._artifact, label=label, before=None, limit=1)
        return (await with_standing(self._work, self._kinds, self._artifact.namespace, moves))[0]


async def with_standing(
    work: UnitOfWork, kinds: KindRegistry, namespace: str, moves: Sequence[LabelMove]
) -> list[LabelMove]:
    """Return moves that say of their certificates whether everything that these rest on still has the same lock."""
    resolver = Resolver(work, kinds, namespace)
    now: dict[str, str | None] = {}
    shown: list[LabelMove] = []
    for move in moves:
        if move.certificate is not None:
            pins: Mapping[str, str] = move.certificate.get(PINS, {})
            for reference in pins.keys() - now.keys():
                now[reference] = await _lock_now(resolver, reference)
            move = replace(move, standing=all(now[reference] == lock for reference, lock in pins.items()))
        shown.append(move)
    return shown


async def keep(work: UnitOfWork, lock: MadeLock) -> None:
    """Store a lock and those below it: a release is read from them alone."""
    locks = LockRepository(work)
    for one in (*(inner for _, inner in lock.below()), lock):
        pinned = {reference: inner.row.version.version_id for reference, inner in one.below()}
        await locks.keep(one.digest, one.row.version.version_id, one.text, pinned)


async def _lock_now(resolver: Resolver, reference: str) -> str | None:
    kind, _, text = reference.partition(":")
    try:
        _, row = await resolver.version(Reference.parse(kind, text))
        return (await resolver.lock(row)).digest
    except EngineError:
        return None  # what is gone is no longer what it was


def _moved(
    artifact: Artifact,
    event: LabelEvent,
    move: LabelMove,
    version: ArtifactVersion,
    certificate: Mapping[str, Any] | None,
) -> AuditEvent:
    return AuditEvent(
        LABEL_MOVED,
        str(event.id),
        {
            "artifact": str(artifact.id),
            "kind": artifact.kind,
            "namespace": artifact.namespace,
            "name": artifact.name,
            "label": move.label,
            "number": event.number,
            "from_number": move.from_number,
            "to_number": move.to_number,
            "version": str(version.version_id),
            "digest": version.digest,
            "lock_digest": move.lock_digest,
            "restores": event.restores,
            "certificate": certificate,
        },
    )
