"""What the audit log says about access lists: ids, no names."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.events import AuditEvent
from rag.readers.repository import AccessList

CHANGED: Final = "document.readers_changed"


def changed(document_id: UUID, before: AccessList | None, after: AccessList | None) -> AuditEvent:
    """Return the event of a list that was changed; None stands for everyone in the tenant."""
    return AuditEvent(CHANGED, str(document_id), {"before": ids_of(before), "after": ids_of(after)})


def ids_of(readers: AccessList | None) -> dict[str, Any] | None:
    """Return what the log says of a list; None for everyone in the tenant."""
    if readers is None:
        return None
    return {
        "principals": sorted(str(one.id) for one in readers.principals),
        "groups": sorted(str(one.id) for one in readers.groups),
    }
