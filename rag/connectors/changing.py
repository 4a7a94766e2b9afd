"""What a change makes of a source: which of its columns are others, and what follows from them."""

from __future__ import annotations

from typing import Any, Final

from mcp_engine.errors import InvalidInput
from mcp_engine.models.credentials import CredentialSeal
from rag.collections import checked_document_name
from rag.connectors.port import ConnectorKind
from rag.connectors.registry import settings_of
from rag.connectors.schemas import SourceChange
from rag.tables import SourceRow

_PLAIN: Final = ("name", "prefix", "include", "exclude", "remove_gone")
_SAID: Final = {"sealed_credential": "credential"}
NAMES_ITEMS_ANEW: Final = frozenset({"settings", "prefix"})
"""What is known of items is not true of them any more: the same name may stand for other bytes, or another document."""
READ_ANEW: Final = NAMES_ITEMS_ANEW | {"sealed_credential", "include", "exclude", "remove_gone"}
"""Another reading may come out otherwise, whatever the source looks like."""
SCHEDULED_ANEW: Final = READ_ANEW | {"every_seconds", "paused"}


def changed_columns(kind: ConnectorKind, row: SourceRow, change: SourceChange, seal: CredentialSeal) -> dict[str, Any]:
    """Return the columns of a source that a change makes others, with their new values.

    Raises:
        InvalidInput: `source.settings_invalid`, `source.too_often`, `source.no_credential`,
            `source.credential_needed`, `source.nothing_to_pause`, `document.name_invalid` for the prefix.
    """
    values = {name: value for name in _PLAIN if (value := getattr(change, name)) is not None}
    if change.prefix is not None:
        checked_document_name(f"{change.prefix}x")
    if change.settings is not None:
        values["settings"] = settings_of(kind, change.settings).model_dump(mode="json")
    values = {name: value for name, value in values.items() if value != getattr(row, name)}
    return values | _credential(kind, row, change, seal, is_moved="settings" in values) | _times(kind, row, change)


def said(columns: dict[str, Any]) -> list[str]:
    """Return the names of changed columns as callers know them."""
    return [_SAID.get(name, name) for name in columns]


def sealed(kind: ConnectorKind, row: SourceRow, credential: str, seal: CredentialSeal) -> bytes | None:
    """Return what is kept of a credential; None for an empty one. Raises `InvalidInput` (`source.no_credential`)."""
    if credential and not kind.credential:
        raise InvalidInput("source.no_credential", f"A source of the kind {kind.name} takes no credential.")
    return seal.seal(row.tenant_id, row.id, credential) if credential else None


def check_interval(kind: ConnectorKind, every_seconds: int | None) -> None:
    """Raise `InvalidInput` (`source.too_often`) for what its kind may not be read that often."""
    if every_seconds is not None and every_seconds < kind.least_seconds:
        raise InvalidInput(
            "source.too_often",
            f"A source of the kind {kind.name} is read every {kind.least_seconds} seconds at the most often.",
        )


def _credential(
    kind: ConnectorKind, row: SourceRow, change: SourceChange, seal: CredentialSeal, *, is_moved: bool
) -> dict[str, Any]:
    if "credential" in change.model_fields_set:
        new = sealed(kind, row, change.credential.get_secret_value() if change.credential else "", seal)
        return {} if new is None and row.sealed_credential is None else {"sealed_credential": new}
    if is_moved and row.sealed_credential is not None:
        # Else whoever may change a source, but does not know its secret, could have it sent to a host of their own.
        raise InvalidInput(
            "source.credential_needed",
            "With other settings the credential has to be given again; send it too, or null to go on without one.",
        )
    return {}


def _times(kind: ConnectorKind, row: SourceRow, change: SourceChange) -> dict[str, Any]:
    every, paused = row.every_seconds, row.paused if change.paused is None else change.paused
    if "every_seconds" in change.model_fields_set:
        every = change.every_seconds
        check_interval(kind, every)
    if every is None:
        if change.paused:
            raise InvalidInput("source.nothing_to_pause", "Only a source with a schedule (every_seconds) is paused.")
        paused = False
    values = {"every_seconds": every, "paused": paused}
    return {name: value for name, value in values.items() if value != getattr(row, name)}
