"""Every query of the transparency log."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_engine.audit.leaves import Entry

_INSERT_ENTRY = text(
    """
    WITH entry AS (
        INSERT INTO audit_entry (tenant_id, id, kind, subject, actor_id, occurred_at, facts)
        VALUES (:tenant_id, :id, :kind, :subject, :actor_id, :occurred_at, CAST(:facts AS jsonb))
    )
    INSERT INTO audit_unsequenced (entry_id, leaf_hash) VALUES (:id, :leaf_hash)
    """
)


async def insert_entry(session: AsyncSession, entry: Entry) -> None:
    """Insert the tenant's row and the unsequenced leaf in one statement."""
    await session.execute(
        _INSERT_ENTRY,
        {
            "tenant_id": entry.tenant_id,
            "id": entry.id,
            "kind": entry.kind,
            "subject": entry.subject,
            "actor_id": entry.actor_id,
            "occurred_at": entry.occurred_at,
            "facts": json.dumps(entry.facts),
            "leaf_hash": entry.leaf_hash,
        },
    )
