"""What a verification found wrong, first things first."""

from __future__ import annotations

import bisect
from uuid import UUID

from mcp_engine.audit.repository import StoredEntry
from mcp_engine.audit.schemas import VerificationProblem

KEPT = 20


class Problems:
    """Keeps the first `KEPT` problems by the leaf they touch; where two touch the same, the more exact one leads."""

    def __init__(self) -> None:
        self._kept: list[VerificationProblem] = []

    @property
    def found(self) -> bool:
        return bool(self._kept)

    @property
    def first(self) -> VerificationProblem | None:
        return self._kept[0] if self._kept else None

    def ordered(self) -> list[VerificationProblem]:
        return list(self._kept)

    def add(
        self,
        what: str,
        *,
        position: int,
        seq: int | None = None,
        entry_id: UUID | None = None,
        subject: str | None = None,
        tenant_id: UUID | None = None,
    ) -> None:
        self._insert(
            VerificationProblem(
                what=what, position=position, seq=seq, entry_id=entry_id, subject=subject, tenant_id=tenant_id
            )
        )

    def add_entry(self, what: str, stored: StoredEntry, size: int, *, fact: str | None = None) -> None:
        """Add a problem of one entry; one without a number comes after the tree of `size` leaves."""
        self._insert(
            VerificationProblem(
                what=what,
                position=size if stored.seq is None else stored.seq,
                seq=stored.seq,
                entry_id=stored.entry.id,
                kind=stored.entry.kind,
                subject=stored.entry.subject,
                fact=fact,
                tenant_id=stored.entry.tenant_id,
            )
        )

    def _insert(self, problem: VerificationProblem) -> None:
        bisect.insort(self._kept, problem, key=lambda one: (one.position, one.seq is None, one.entry_id is None))
        del self._kept[KEPT:]


def seen_by(problem: VerificationProblem, tenant_id: UUID) -> VerificationProblem:
    """Return the problem as a tenant may see it: of another tenant's entry, its number only."""
    if problem.tenant_id in (None, tenant_id):
        return problem
    return VerificationProblem(
        what=f"an entry of another tenant: {problem.what}", position=problem.position, seq=problem.seq
    )
