"""What the registry's own API takes and gives, for kinds that have no API of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.artifacts.pushing import After
from mcp_engine.artifacts.versions import ArtifactVersion, LabelMove


class PushArtifact(BaseModel):
    """A version to store; an identical one is found instead of made."""

    model_config = ConfigDict(extra="forbid")

    body: dict[str, Any]
    message: str = ""
    labels: list[str] = Field(default_factory=list[str], max_length=16)
    after: After = None


class VersionView(BaseModel):
    """One version without its body."""

    kind: str
    namespace: str
    name: str
    number: int
    version_id: UUID
    digest: str
    labels: list[str]
    message: str
    author_id: UUID
    created_at: datetime


class PushedView(VersionView):
    """The version that a push stored, or the identical one that it found (`created` is false)."""

    created: bool


class VersionDetail(VersionView):
    """One version with its body and the lock that a run of it would record now."""

    body: dict[str, Any]
    lock_digest: str


class ArtifactView(BaseModel):
    """One line of a list: the latest version's number, and where every label points."""

    kind: str
    namespace: str
    name: str
    latest: int
    labels: dict[str, int]
    created_at: datetime
    updated_at: datetime


class SettingChange(BaseModel):
    before: Any = None
    after: Any = None


class ArtifactDiff(BaseModel):
    """What changed between two versions: each setting by its path, and a unified diff of the bodies as JSON."""

    kind: str
    name: str
    from_number: int
    to_number: int
    identical: bool
    text: str
    settings: dict[str, SettingChange]


class LabelTarget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1)
    reason: str = Field(default="", description="Why, for the history.")
    override: bool = Field(
        default=False,
        description="Release without the evidence that a gate asks for; shows for ever. Needs `labels:override`.",
    )


class RollBack(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="An earlier release of the label; without it, the one before."
    )
    reason: str = Field(default="", description="Why, for the history.")


class LabelMoveView(BaseModel):
    """One move of a label, with the lock that it released.

    `restores` is the number of the move that a rollback went back to. `certificate` is what let the move pass where a
    gate protects the label, and `standing` whether all that it rests on still means what it meant then.
    """

    event_id: UUID
    number: int
    label: str
    from_number: int | None
    to_number: int
    lock_digest: str
    actor_id: UUID
    reason: str
    moved_at: datetime
    restores: int | None
    certificate: dict[str, Any] | None
    standing: bool | None


def version_view(version: ArtifactVersion, labels: tuple[str, ...]) -> VersionView:
    return VersionView(
        kind=version.kind,
        namespace=version.namespace,
        name=version.name,
        number=version.number,
        version_id=version.version_id,
        digest=version.digest,
        labels=list(labels),
        message=version.message,
        author_id=version.author_id,
        created_at=version.created_at,
    )


def move_view(move: LabelMove) -> LabelMoveView:
    return LabelMoveView(
        event_id=move.event_id,
        number=move.number,
        label=move.label,
        from_number=move.from_number,
        to_number=move.to_number,
        lock_digest=move.lock_digest,
        actor_id=move.actor_id,
        reason=move.reason,
        moved_at=move.moved_at,
        restores=move.restores,
        certificate=None if move.certificate is None else dict(move.certificate),
        standing=move.standing,
    )
