"""The kinds of sources, by name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel, ValidationError

from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from rag.connectors.folder import FolderKind
from rag.connectors.git import GitKind
from rag.connectors.options import SourceOptions
from rag.connectors.port import ConnectorKind
from rag.connectors.s3 import S3Kind
from rag.connectors.url import UrlKind

GROUP = "rag.connectors"
"""Entry points of installed packages, each a `ConnectorKind`; one that has the name of ours is not used."""


class Connectors:
    """Gives out kinds of sources.

    Args:
        options: what the operator allows our own to read.
        others: kinds besides.
    """

    def __init__(self, options: SourceOptions, others: Iterable[ConnectorKind] = ()) -> None:
        ours: list[ConnectorKind] = [FolderKind(options), UrlKind(options), GitKind(options), S3Kind(options)]
        self._kinds = {kind.name: kind for kind in (*others, *ours)}

    @classmethod
    def installed(cls, options: SourceOptions) -> Connectors:
        """Return our own kinds, and those of installed packages."""
        return cls(options, [point.load() for point in entry_points(group=GROUP)])

    def all(self) -> list[ConnectorKind]:
        return [self._kinds[name] for name in sorted(self._kinds)]

    def named(self, name: str) -> ConnectorKind:
        """Return a kind; raises `InvalidInput` (`source.kind_unknown`), naming those there are."""
        found = self._kinds.get(name)
        if found is None:
            raise InvalidInput(
                "source.kind_unknown",
                f"No kind of source is named {name[:140]!r}; choose among {', '.join(self._kinds)}.",
            )
        return found


def settings_of(kind: ConnectorKind, settings: dict[str, Any]) -> BaseModel:
    """Return settings as their kind reads them; raises `InvalidInput` (`source.settings_invalid`)."""
    try:
        return kind.settings.model_validate(settings)
    except ValidationError as error:
        faults = faults_of(error, whole="settings")
        raise InvalidInput(
            "source.settings_invalid", f"Correct the settings of this {kind.name} source: {faults}"
        ) from None
