"""Claiming a key for what a request makes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.idempotency import repository
from mcp_engine.idempotency.tables import IdempotencyKeyRow

RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that is free, or whose first request failed: `instead_of` is what that one made."""

    key: IdempotencyKey
    instead_of: UUID | None = None


async def claimed(work: UnitOfWork, key: IdempotencyKey) -> UUID | None:
    """Return what the first request with this key made, in the last 24 hours; None when this is the first.

    Keys are the principal's own: others may use the same words.

    Raises:
        InvalidInput: `idempotency.other_request` when that request was a different one.
    """
    row = await repository.find(work.session, key.digest(work.actor_id))
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise InvalidInput(
            "idempotency.other_request",
            "This Idempotency-Key stood for another request; use a new key for a new request.",
        )
    return row.subject_id


async def claim(work: UnitOfWork, wanted: Claim, subject_id: UUID) -> None:
    """Let the key stand for `subject_id`, from the commit of `work` on.

    Raises:
        Conflict: `idempotency.still_running` when another request with the key was faster.
    """
    row = IdempotencyKeyRow(
        tenant_id=work.tenant_id,
        key_digest=wanted.key.digest(work.actor_id),
        fingerprint=wanted.key.fingerprint,
        subject_id=subject_id,
    )
    if not await repository.insert_or_replace(work.session, row, instead_of=wanted.instead_of):
        raise still_running()
    await repository.clear_expired(work.session)


def still_running() -> Conflict:
    """Return the error for a repeat that came before its first request has ended."""
    return Conflict(
        "idempotency.still_running",
        "The first request with this Idempotency-Key has not ended; repeat in a moment to get its outcome.",
        retry_after_seconds=RETRY_SECONDS,
    )
