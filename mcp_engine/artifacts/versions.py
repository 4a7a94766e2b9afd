"""The values that the registry answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ArtifactVersion:
    """One immutable version; `digest` is the SHA-256 of its canonical body and so its identity."""

    artifact_id: UUID
    kind: str
    namespace: str
    name: str
    number: int
    version_id: UUID
    digest: str
    author_id: UUID
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Dependency:
    """A version that a lock pins, and the reference that stood for it: `prompt:tone@production`."""

    reference: str
    number: int
    digest: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResolvedVersion:
    """A version ready to run: its body, and the lock of everything it depends on at this moment."""

    artifact_id: UUID
    kind: str
    namespace: str
    name: str
    number: int
    version_id: UUID
    digest: str
    body: Mapping[str, Any]
    label: str | None
    lock_digest: str
    lock: Mapping[str, Any]
    dependencies: tuple[Dependency, ...]
    """Everything that the lock pins, however deep, each reference once."""
    labels: tuple[str, ...]
    """Every label that points at this version now, `latest` included."""
    version: ArtifactVersion


@dataclass(frozen=True, slots=True)
class PushedVersion:
    """What a push gave; `created` is false when an identical version was there already."""

    version: ArtifactVersion
    created: bool


@dataclass(frozen=True, slots=True)
class ArtifactSummary:
    """One line of a list of artifacts."""

    artifact_id: UUID
    kind: str
    namespace: str
    name: str
    created_at: datetime
    latest: ArtifactVersion
    body: Mapping[str, Any] | None
    """The latest version's; None when its content was erased."""
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LabelMove:
    """One move of a label: from a version (None at first) to another, with the lock made for it."""

    event_id: UUID
    label: str
    from_number: int | None
    to_number: int
    lock_digest: str
    actor_id: UUID
    reason: str
    """What the person gave as the reason; empty when nothing."""
    moved_at: datetime
    number: int
    restores: int | None = None
    """The number of the earlier move that it went back to, where it was a rollback."""
    certificate: Mapping[str, Any] | None = None
    """What let it pass where a guard protects the label."""
    standing: bool | None = None
    """Whether everything that the certificate rests on still means what it meant; None without one."""


@dataclass(frozen=True, slots=True)
class ArtifactFilter:
    """Which artifacts of a kind to list; what is left empty does not filter."""

    prefix: str = ""
    text: str = ""
    """Names or descriptions that hold it, whatever its case."""
    tag: str | None = None
    """One of the latest version's."""
    label: str | None = None
    """Those that have this label, wherever it points."""


@dataclass(frozen=True, slots=True)
class Dependent:
    """A release whose lock pins a version of another artifact."""

    kind: str
    namespace: str
    name: str
    label: str
    number: int
    lock_digest: str
    reference: str
    """As the release, or something that it depends on, wrote it."""
    pinned_number: int
