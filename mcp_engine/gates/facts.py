"""What the audit log says of releases that were asked for, and the check that the rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.gates.repository import GateRepository, LedgerContent
from mcp_engine.gates.tables import AlphaLookRow, ReleaseApprovalRow, ReleaseDecisionRow, ReleaseRequestRow

REQUESTED: Final = "release.requested"
DECIDED: Final = "release.decided"
APPROVED: Final = "release.approved"


def requested_facts(request: ReleaseRequestRow, without_entry: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the facts of the leaf `release.requested`.

    Args:
        without_entry: decisions, approvals and looks that were added to the request behind the engine's back.
    """
    return {
        "namespace": request.namespace,
        "artifact": str(request.artifact_id),
        "label": request.label,
        "version": str(request.version_id),
        "lock_digest": request.lock_digest,
        "baseline_version": None if request.baseline_version_id is None else str(request.baseline_version_id),
        "baseline_lock_digest": request.baseline_lock_digest,
        "gates_digest": digest(request.gates),
        "requirements_digest": digest(request.requirements),
        "reason_digest": digest(request.reason),
        "actor_id": str(request.actor_id),
        "without_entry": without_entry,
    }


def decided_facts(
    decision: ReleaseDecisionRow, look: AlphaLookRow | None, ledgers: Sequence[LedgerContent]
) -> dict[str, Any]:
    """Return the facts of the leaf `release.decided`: every look at sealed rows, what it spent, and of which ledgers.

    A ledger with another budget, or with rows taken out of it, would give later looks a level that is not theirs.
    """
    return {
        "verdicts": decision.verdicts,
        "look": None if look is None else str(look.id),
        "question_digest": None if look is None else look.question_digest,
        "level": None if look is None else look.level,
        "passed": None if look is None else look.passed,
        "ledgers": [
            {"id": str(one.id), "budget": one.budget, "planned": one.planned, "rows_digest": one.rows_digest}
            for one in ledgers
        ],
    }


def approved_facts(approval: ReleaseApprovalRow) -> dict[str, Any]:
    """Return the facts of the leaf `release.approved`; it says no as well as yes."""
    return {
        "request": str(approval.request_id),
        "approved": approval.approved,
        "comment_digest": digest(approval.comment),
        "actor_id": str(approval.actor_id),
    }


class GateCheck:
    """The live check of requests, decisions and approvals (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({REQUESTED, DECIDED, APPROVED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        repository, ids = GateRepository(work), [UUID(subject) for subject in subjects]
        if kind == APPROVED:
            return {str(row.id): approved_facts(row) for row in await repository.approvals_with_ids(ids)}
        asked = await repository.requested(ids)
        if kind == REQUESTED:
            extra = await repository.without_entry(ids, DECIDED, APPROVED)
            return {str(id_): requested_facts(one.request, extra.get(id_)) for id_, one in asked.items()}
        spent = await repository.contents_spent_from([one.look.id for one in asked.values() if one.look is not None])
        return {
            str(id_): decided_facts(one.decision, one.look, [] if one.look is None else spent.get(one.look.id, []))
            for id_, one in asked.items()
            if one.decision is not None
        }
