"""The registry's rows against the log: bodies, numbers, label moves and locks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.artifacts.repository import ArtifactRepository
from mcp_engine.audit.live import Erased
from mcp_engine.database.engine import UnitOfWork

VERSION_PUSHED = "artifact.version_pushed"
LABEL_MOVED = "label.moved"


class ArtifactCheck:
    """Recomputes pushed versions from their bodies, and label moves from their locks and certificates.

    `without_entry` is null unless rows beside these were added behind the engine's back: versions of
    the same artifact, or moves of the same label, that no entry speaks of. They would change where
    `latest` or a label points.
    """

    kinds = frozenset({VERSION_PUSHED, LABEL_MOVED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        ids = [UUID(subject) for subject in subjects]
        repository = ArtifactRepository(work)
        return await (_versions(repository, ids) if kind == VERSION_PUSHED else _moves(repository, ids))


async def _versions(repository: ArtifactRepository, ids: Sequence[UUID]) -> dict[str, dict[str, Any | Erased]]:
    rows = await repository.versions_with_bodies(ids)
    extra = await repository.versions_without_entry({artifact.id for artifact, _, _ in rows}, VERSION_PUSHED)
    return {
        str(version.id): {
            "artifact": str(artifact.id),
            "kind": artifact.kind,
            "namespace": artifact.namespace,
            "name": artifact.name,
            # A counter that was set back would hide the last versions from `latest`.
            "number": min(version.number, artifact.latest_number),
            "digest": Erased("artifact_content", {"version_id": str(version.id)}) if body is None else _sha256(body),
            # Of the column: pushes find identical versions by it, and executions record it.
            "recorded_digest": version.digest,
            "without_entry": extra.get(artifact.id),
        }
        for artifact, version, body in rows
    }


async def _moves(repository: ArtifactRepository, ids: Sequence[UUID]) -> dict[str, dict[str, Any | Erased]]:
    rows = await repository.moves(ids)
    extra = await repository.moves_without_entry({event.artifact_id for event, *_ in rows}, LABEL_MOVED)
    return {
        str(event.id): {
            "artifact": str(event.artifact_id),
            "label": event.label,
            "number": event.number,
            "from_number": from_number,
            "to_number": to_number,
            "version": str(event.to_version_id),
            "lock_digest": _sha256(lock),
            "restores": event.restores,
            "certificate": None if certificate is None else json.loads(certificate),
            "without_entry": extra.get((event.artifact_id, event.label)),
        }
        for event, from_number, to_number, lock, certificate in rows
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
