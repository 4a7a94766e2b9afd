"""What the audit log says about metadata: keys, no values, which can be personal and have to stay erasable."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.events import AuditEvent
from mcp_engine.canonical import canonical_json
from rag.metadata.values import Metadata

CHANGED: Final = "document.metadata_changed"


def changed(document_id: UUID, before: Metadata, after: Metadata) -> AuditEvent | None:
    """Return the event of metadata that was changed; None when all of it is the same."""
    said = sorted(key for key, value in after.items() if key not in before or not _same(before[key], value))
    gone = sorted(before.keys() - after.keys())
    return AuditEvent(CHANGED, str(document_id), {"set": said, "removed": gone}) if said or gone else None


def _same(before: Any, after: Any) -> bool:
    """To Python `True` equals 1; in JSON it does not."""
    return canonical_json(before) == canonical_json(after)
