"""From rows to what the API shows of gates and requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from mcp_engine.artifacts.versions import ArtifactSummary, ResolvedVersion
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.scorers.judge import JUDGE
from mcp_engine.gates.assessing import message_of
from mcp_engine.gates.job import OPEN_LEVEL, rows_of
from mcp_engine.gates.kind import ACTIVE, GateBody, Requirement
from mcp_engine.gates.ledgers import ledger_of
from mcp_engine.gates.repository import Approved, Budget, Requested
from mcp_engine.gates.rules import statistic_of
from mcp_engine.gates.schemas import (
    ApprovalView,
    GateDetail,
    GateSummary,
    LedgerView,
    Missing,
    ReleaseRequest,
    RequestedGate,
    RequestState,
    RequirementView,
)
from mcp_engine.gates.tables import AlphaLookRow

STALE = frozenset({"gate.evidence_stale", "gate.baseline_moved"})
_BROKEN = frozenset({"gate.evidence_broken", "gate.failed", "gate.not_looked"})


def summary(item: ArtifactSummary, body: GateBody) -> GateSummary:
    return GateSummary(
        name=item.name,
        namespace=item.namespace,
        description=body.description,
        active=item.labels.get(ACTIVE),
        latest=item.latest.number,
        enabled=body.enabled,
        protects=body.protects,
        updated_at=item.latest.created_at,
    )


def detail(
    found: ResolvedVersion, body: GateBody, latest: int, active: int | None, budgets: Sequence[Budget]
) -> GateDetail:
    return GateDetail(
        name=found.name,
        namespace=found.namespace,
        description=body.description,
        active=active,
        latest=latest,
        enabled=body.enabled,
        protects=body.protects,
        updated_at=found.version.created_at,
        number=found.number,
        requirements=body.requires,
        approvals=body.approvals,
        movers=body.movers,
        machines=body.machines,
        experiments=body.experiments,
        cooldown_minutes=body.cooldown_minutes,
        error_budget=body.error_budget,
        planned_looks=body.planned_looks,
        minimum_rows=body.minimum_rows,
        ledgers=[ledger_view(budget) for budget in budgets],
    )


def ledger_view(budget: Budget) -> LedgerView:
    ledger, looks, passes = ledger_of(budget), len(budget.verdicts), sum(budget.verdicts)
    opening = budget.ledger.budget
    return LedgerView(
        id=budget.ledger.id,
        opened_at=budget.ledger.created_at,
        rows=budget.rows,
        budget=opening,
        planned=budget.ledger.planned,
        looks=looks,
        passes=passes,
        next_level=ledger.next_alpha,
        left=ledger.left / opening,
        reason=_reason(looks, passes, budget.ledger.planned),
    )


def _reason(looks: int, passes: int, planned: int) -> str:
    if not looks:
        return "Nobody has looked at these rows yet."
    if passes:
        return (
            f"{passes} of {looks} looks passed, and each pass tells something of the rows: little is left. "
            "Bring fresh rows."
        )
    if looks < planned:
        return f"{looks} of {planned} planned looks are spent, and none passed; those to come are as good as the first."
    return f"All {planned} planned looks are spent; later ones pass at ever lower levels. Bring fresh rows."


def requirement_view(one: Mapping[str, Any], verdict: str, look: AlphaLookRow | None) -> RequirementView:
    requirement = Requirement.model_validate(one["requirement"])
    hidden = requirement.split == SEALED
    level = OPEN_LEVEL if not hidden else None if look is None else look.level
    return RequirementView(
        name=requirement.name,
        scorer=one["scorer"]["name"],
        scorer_number=one["scorer"]["number"],
        dataset=one["dataset"]["name"],
        dataset_number=one["dataset"]["number"],
        split=requirement.split,
        rule=requirement.rule,
        rows=one["rows"],
        statistic=statistic_of(requirement, judged=one["scorer"]["type"] == JUDGE),
        level=level,
        verdict=verdict,  # pyright: ignore[reportArgumentType] - pydantic checks it
        statement=message_of(dict(one), verdict),
        evaluations=[] if hidden else [UUID(one[side]) for side in ("new", "old") if one[side] is not None],
    )


def request(
    asked: Requested, votes: Sequence[Approved], approvals: tuple[int, int], missing: Sequence[Missing]
) -> ReleaseRequest:
    """Return a request as it is shown; `approvals` are how many there are that count, and how many are needed."""
    row, decision = asked.request, asked.decision
    verdicts = ["pending"] * len(row.requirements) if decision is None else decision.verdicts
    pairs = [*zip(row.requirements, verdicts, strict=True)]
    numbers = {gate["name"]: gate["number"] for gate in row.gates}
    views = {
        name: [requirement_view(one, verdict, asked.look) for one, verdict in group]
        for name, group in groupby(pairs, key=lambda pair: pair[0]["gate"])
    }
    return ReleaseRequest(
        id=row.id,
        namespace=row.namespace,
        kind=asked.artifact.kind,
        name=asked.artifact.name,
        label=row.label,
        version=asked.version.number,
        version_id=row.version_id,
        author_id=asked.version.author_id,
        baseline_version=asked.baseline_number,
        requested_by=row.actor_id,
        reason=row.reason,
        created_at=row.created_at,
        state=_state(asked, missing),
        job_id=row.job_id,
        progress_done=asked.job.progress_done,
        progress_total=asked.job.progress_total or sum(rows_of(row).values()),
        gates=[
            RequestedGate(gate=name, number=number, requirements=views.get(name, []))
            for name, number in numbers.items()
        ],
        approvals=[
            ApprovalView(
                actor_id=one.approval.actor_id,
                actor_name=one.name,
                approved=one.approval.approved,
                comment=one.approval.comment,
                created_at=one.approval.created_at,
            )
            for one in votes
        ],
        approvals_granted=approvals[0],
        approvals_needed=approvals[1],
        missing=[*missing],
        label_event=asked.label_event_id,
    )


def _state(asked: Requested, missing: Sequence[Missing]) -> RequestState:
    codes = {one.code for one in missing}
    if asked.label_event_id is not None:
        return "released"
    if "gate.rejected" in codes:
        return "rejected"
    if codes & STALE:
        return "stale"
    if "gate.evidence_running" in codes:
        return "evaluating"
    if codes & _BROKEN:
        return "failed"
    return "waiting" if codes else "ready"
