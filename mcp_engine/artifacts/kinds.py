"""What a kind of artifact promises, and how one artifact refers to another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mcp_engine.errors import ContradictoryInput, InvalidInput, NotFound
from mcp_engine.identifiers import checked_name

LATEST = "latest"
MAX_VERSION = 2**31 - 1
_LABEL = re.compile(r"[a-z0-9_.-]{1,36}")


def checked_label(label: str) -> str:
    """Return `label` if it can name a label.

    Raises:
        InvalidInput: `label.invalid` for other characters, bare digits (they would read as a
            version), or `latest`, which is computed.
    """
    if label == LATEST:
        raise InvalidInput("label.invalid", "`latest` is computed: it is always the highest version. Choose another.")
    if not _LABEL.fullmatch(label) or label.isdigit():
        raise InvalidInput(
            "label.invalid",
            f"{label[:60]!r} can't be a label: use 1 to 36 of a-z 0-9 . _ - and not digits alone.",
        )
    return label


@dataclass(frozen=True, slots=True)
class Reference:
    """Names a version of another artifact: by number, by label, or (neither) the latest."""

    kind: str
    name: str
    version: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        checked_name(self.name, what=self.kind)
        if self.version is not None and self.label is not None:
            raise ContradictoryInput("artifact.version_and_label", "Give a version or a label, not both.")
        if self.version is not None and not 1 <= self.version <= MAX_VERSION:
            raise InvalidInput("artifact.version_invalid", "Versions are numbered 1, 2, 3 and so on.")
        if self.label is not None and self.label != LATEST:
            checked_label(self.label)

    @classmethod
    def parse(cls, kind: str, text: str) -> Reference:
        """Read `name`, `name@label` or `name/3`.

        Raises:
            ContradictoryInput: `artifact.version_and_label`.
            InvalidInput: `name.invalid`, `label.invalid` or `artifact.version_invalid`.
        """
        name, at, label = text.partition("@")
        name, slash, number = name.partition("/")
        if slash and not (number.isascii() and number.isdigit() and len(number) <= 10):
            raise InvalidInput("artifact.version_invalid", f"{text[:140]!r}: after the slash stands a version number.")
        return cls(kind, name, int(number) if slash else None, label if at else None)

    @classmethod
    def chosen(cls, kind: str, name: str, choice: str) -> Reference:
        """Return the version of `name` that a number or a label chooses; raises as `parse`."""
        return cls.parse(kind, f"{name}/{choice}" if choice.isdigit() else f"{name}@{choice}")

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name}/{self.version}"
        return f"{self.name}@{self.label or LATEST}"


class ArtifactKind(Protocol):
    """What the registry must know of a kind: which bodies are valid, and what they depend on."""

    @property
    def name(self) -> str:
        """Stable and lower case: `prompt`, `rag_strategy`."""
        ...

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body as it is stored: validated, with defaults filled in; idempotent.

        Raises:
            InvalidInput: says which member is wrong and how to correct it.
        """
        ...

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:
        """Return what a normalised body refers to, in a stable order."""
        ...

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
        """Look at the bodies that the references of a normalised body mean now, by `kind:reference`.

        Raises:
            InvalidInput: says which does not fit, and why.
        """
        ...


class KindRegistry:
    """The kinds that this installation governs.

    Raises:
        ValueError: two kinds share a name.
    """

    def __init__(self, kinds: Iterable[ArtifactKind]) -> None:
        self._kinds: dict[str, ArtifactKind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"two artifact kinds are named {kind.name!r}")
            self._kinds[kind.name] = kind

    def get(self, name: str) -> ArtifactKind:
        """Return a kind, or raise `NotFound` (`artifact.kind_not_found`) naming those that exist."""
        try:
            return self._kinds[name]
        except KeyError:
            known = ", ".join(sorted(self._kinds))
            raise NotFound(
                "artifact.kind_not_found", f"No artifact kind is named {name[:60]!r}; there are: {known}."
            ) from None
