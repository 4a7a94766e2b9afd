"""Noting how an answer came out, in the transaction that records its outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from rag.asked import repository
from rag.asked.tables import AskedAnswerRow
from rag.schemas import Answer


def noting(collection_id: UUID, answer: Answer) -> Callable[[UnitOfWork, UUID], Awaitable[None]]:
    """Return what notes an answer from a collection; of one that was given before, its first time counts."""
    is_new = answer.cached_from is None
    composed = answer.composition if is_new else None
    # What was said twice was borne out.
    cut = [] if composed is None else [one for one in composed.cut if one.fault != "repeated"]

    async def note(work: UnitOfWork, execution_id: UUID) -> None:
        row = AskedAnswerRow(
            tenant_id=work.tenant_id, execution_id=execution_id, collection_id=collection_id,
            confidence=answer.confidence if is_new else None, refusal=answer.reason_code if is_new else None,
            cut=len(cut),
        )  # fmt: skip
        await repository.add(work.session, row)

    return note
