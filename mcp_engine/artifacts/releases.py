"""The port of what may refuse a release, and what a certificate must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from mcp_engine.artifacts.versions import ArtifactVersion
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Conflict

PINS: Final = "pins"
"""The member of a certificate that says what it rests on: lock digests by reference (`scorer:helpful@production`)."""


@dataclass(frozen=True, slots=True)
class Release:
    """A label is about to be moved to a version under a lock; `moved_at` is when it was moved last."""

    version: ArtifactVersion
    label: str
    lock_digest: str
    from_version_id: UUID | None
    from_lock_digest: str | None
    moved_at: datetime | None
    override: bool
    """Whether the mover may and will do without evidence."""


class ReleaseRefused(Conflict):
    """What a guard raises: `gate.refused`, with what is missing in the details."""


class ReleaseGuard(Protocol):
    """Is asked inside the transaction of every move of a label. Rollbacks need no evidence: they are always allowed."""

    async def certificate(self, work: UnitOfWork, release: Release) -> Mapping[str, Any] | None:
        """Return what is recorded with the move for ever, or None for a label that is not protected.

        Raises:
            ReleaseRefused: says what is missing.
        """
        ...

    async def check_trial(self, work: UnitOfWork, version: ArtifactVersion, label: str) -> None:
        """Let traffic of a label be shown a version that the label does not point at.

        Raises:
            ReleaseRefused: says why not.
        """
        ...

    async def check_rollback(self, work: UnitOfWork, version: ArtifactVersion) -> None:
        """Let a rollback pass, as every guard does for what it protects.

        Raises:
            NotAllowed: the label decides what is guarded, and the mover is not the one to decide that.
        """
        ...
