"""Every query of idempotency keys; the session is bound to their tenant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.idempotency.tables import IdempotencyKeyRow

KEPT = timedelta(hours=24)
_CLEARED_AT_ONCE = 100


async def find(session: AsyncSession, key_digest: str) -> IdempotencyKeyRow | None:
    """Return the key unless it is older than `KEPT`."""
    statement = select(IdempotencyKeyRow).where(col(IdempotencyKeyRow.key_digest) == key_digest, ~_expired())
    return (await session.execute(statement)).scalar_one_or_none()


async def insert_or_replace(session: AsyncSession, row: IdempotencyKeyRow, *, instead_of: UUID | None) -> bool:
    """Add a key, in place of an expired one or of one that made `instead_of`; False when another holds it.

    Waits for a transaction that is just adding the same key.
    """
    values = {"fingerprint": row.fingerprint, "subject_id": row.subject_id}
    replaceable = _expired()
    if instead_of is not None:
        replaceable |= col(IdempotencyKeyRow.subject_id) == instead_of
    statement = (
        insert(IdempotencyKeyRow)
        .values(tenant_id=row.tenant_id, key_digest=row.key_digest, **values)
        .on_conflict_do_update(
            index_elements=["tenant_id", "key_digest"], set_={**values, "created_at": func.now()}, where=replaceable
        )
        .returning(col(IdempotencyKeyRow.key_digest))
    )
    return (await session.execute(statement)).first() is not None


async def clear_expired(session: AsyncSession) -> None:
    """Remove some of the tenant's expired keys, leaving those that another transaction is removing."""
    expired = select(col(IdempotencyKeyRow.key_digest)).where(_expired()).limit(_CLEARED_AT_ONCE)
    await session.execute(
        delete(IdempotencyKeyRow)
        .where(col(IdempotencyKeyRow.key_digest).in_(expired.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )


def _expired() -> Any:
    return col(IdempotencyKeyRow.created_at) < func.now() - KEPT
