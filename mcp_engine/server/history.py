"""What the instance's operators do to it, as entries of the audit log."""

from __future__ import annotations

from mcp_engine.access import ENGINE, Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound
from mcp_engine.identity.repository import operating_tenant_id
from mcp_engine.server.archive import Manifest


async def record_backup(database: Database, caller: Caller, manifest: Manifest) -> None:
    """Record that `caller` took everything out; the backup itself ends before this entry."""
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await append(work, AuditEvent("instance.backed_up", manifest.id, _facts(manifest)))


async def record_restore(database: Database, manifest: Manifest) -> None:
    """Record, in the restored log, that it was put in the place of another.

    Raises:
        NotFound: `tenant.none` when the restored database has no tenant that runs the instance.
    """
    async with database.global_work() as session:
        tenant_id = await operating_tenant_id(session)
    if tenant_id is None:
        raise NotFound("tenant.none", "The restored database has no tenant that runs the instance.")
    async with database.unit_of_work(tenant_id, ENGINE) as work:
        await append(work, AuditEvent("instance.restored", manifest.id, _facts(manifest)))


def _facts(manifest: Manifest) -> dict[str, str]:
    return {"made_at": manifest.made_at, "version": manifest.version}
