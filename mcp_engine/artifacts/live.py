"""The registry's rows against the log: bodies, numbers, label moves and locks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.artifacts.repository import ArtifactRepository
from mcp_engine.audit.live import Erased
from mcp_engine.database.engine import UnitOfWork


class ArtifactCheck:
    """Recomputes pushed versions from their bodies, and label moves from their locks."""

    kinds = frozenset({"artifact.version_pushed", "label.moved"})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        ids = [UUID(subject) for subject in subjects]
        repository = ArtifactRepository(work)
        return await (_versions(repository, ids) if kind == "artifact.version_pushed" else _moves(repository, ids))


async def _versions(repository: ArtifactRepository, ids: Sequence[UUID]) -> dict[str, dict[str, Any | Erased]]:
    return {
        str(version.id): {
            "artifact": str(artifact.id),
            "kind": artifact.kind,
            "namespace": artifact.namespace,
            "name": artifact.name,
            "number": version.number,
            "digest": Erased("artifact_content", {"version_id": str(version.id)}) if body is None else _sha256(body),
        }
        for artifact, version, body in await repository.versions_with_bodies(ids)
    }


async def _moves(repository: ArtifactRepository, ids: Sequence[UUID]) -> dict[str, dict[str, Any | Erased]]:
    return {
        str(event.id): {
            "artifact": str(event.artifact_id),
            "label": event.label,
            "number": event.number,
            "from_number": from_number,
            "to_number": to_number,
            "version": str(event.to_version_id),
            "lock_digest": _sha256(lock),
        }
        for event, from_number, to_number, lock in await repository.moves(ids)
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
