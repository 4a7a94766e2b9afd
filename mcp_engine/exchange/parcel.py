"""What is brought over, whatever it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mcp_engine.artifacts.service import MAX_BODY_BYTES
from mcp_engine.canonical import canonical_json, digest
from mcp_engine.errors import EngineError, TooLarge
from mcp_engine.prompts.kind import PromptKind

Outcome = Literal["changed", "left_out", "fault"]


@dataclass(frozen=True, slots=True)
class Remark:
    """What is not brought over as it was.

    `changed`: brought over, but not the same; `left_out`: lost without harm to the rest; `fault`: this can't be
    brought over at all, and must be corrected or left out on purpose.
    """

    subject: str
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class ParcelVersion:
    """A version of a prompt.

    Args:
        number: as its source counts.
        body: as the API takes it.
        where: names its place in the source, for people.
        lines_above: lines of its file above the template.
    """

    name: str
    number: int
    body: Mapping[str, Any]
    message: str = ""
    where: str = ""
    lines_above: int = 0

    @property
    def subject(self) -> str:
        return f"{self.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class Release:
    """A label, and what its lock pins: `tone@production` → 1. `number` and the pins count as the source does."""

    label: str
    number: int
    pins: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class ParcelPrompt:
    """Versions in the order of their numbers, and where the labels point."""

    name: str
    versions: tuple[ParcelVersion, ...]
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class ParcelDataset:
    """A version of a dataset; `lines` are its rows as JSON Lines (`inputs`, `expected`, `metadata`, `split`).

    `left_out` counts the rows, by split, that its source did not show.
    """

    name: str
    number: int
    lines: bytes
    description: str = ""
    tags: Sequence[str] = ()
    message: str = ""
    labels: Sequence[str] = ()
    where: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def subject(self) -> str:
        return f"{self.name}/{self.number}"


@dataclass(slots=True)
class Parcel:
    """Everything that one import brings, or one export takes away."""

    prompts: list[ParcelPrompt] = field(default_factory=list[ParcelPrompt])
    datasets: list[ParcelDataset] = field(default_factory=list[ParcelDataset])
    remarks: list[Remark] = field(default_factory=list[Remark])

    def note(self, subject: str, outcome: Outcome, why: str) -> None:
        self.remarks.append(Remark(subject, outcome, why))


@dataclass(frozen=True, slots=True)
class StoredForm:
    """What the registry makes of a body."""

    body: Mapping[str, Any]
    digest: str


def stored_form(version: ParcelVersion) -> StoredForm | Remark:
    """Return the stored form of a version, or the fault that keeps it from being one, with its place."""
    try:
        body = PromptKind().normalise(version.body)
        size = len(canonical_json(body))
        if size > MAX_BODY_BYTES:
            raise TooLarge("prompt.too_large", f"It has {size:,} bytes; the limit is {MAX_BODY_BYTES:,}.")
        return StoredForm(body, digest(body))
    except EngineError as error:
        line = error.details.get("line")
        place = ""
        if version.lines_above and isinstance(line, int):
            place = f" (That is line {line + version.lines_above} of the file.)"
        return Remark(version.subject, "fault", f"{version.where}: {error.message}{place}")
