"""What a release still lacks: one rule, for the guard that refuses and for the page that shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mcp_engine.gates.in_force import GateInForce
from mcp_engine.gates.repository import Approved, Requested
from mcp_engine.gates.schemas import Missing


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a label points now, since when, and who wrote what shall go there."""

    from_version_id: UUID | None
    from_lock_digest: str | None
    moved_at: datetime | None
    now: datetime
    authors: Collection[UUID]


def missing_of(
    gate: GateInForce, asked: Requested | None, approvals: Sequence[Approved], situation: Situation
) -> list[Missing]:
    """Return everything that a gate still wants to see, whoever moves the label."""
    name = gate.version.name
    lacking: list[Missing] = []

    def lacks(code: str, message: str) -> None:
        lacking.append(Missing(gate=name, code=code, message=message))

    body = gate.body
    if body.requires or body.approvals:
        for code, message in _not_requested() if asked is None else _unproved(gate, asked, approvals, situation):
            lacks(code, message)
    if body.cooldown_minutes and situation.moved_at is not None:
        over = situation.moved_at + timedelta(minutes=body.cooldown_minutes)
        if situation.now < over:
            lacks("gate.cooling_down", f"The label was moved not long ago; wait until {over:%Y-%m-%d %H:%M} UTC.")
    return lacking


def granted(approvals: Sequence[Approved], authors: Collection[UUID]) -> int:
    """Return how many approvals count: an author's own does not."""
    votes = [one.approval for one in approvals]
    return sum(vote.approved and vote.actor_id not in authors for vote in votes)


def _not_requested() -> list[tuple[str, str]]:
    return [("gate.not_requested", "Nobody has asked for this release yet; request it to gather what it needs.")]


def _unproved(
    gate: GateInForce, asked: Requested, approvals: Sequence[Approved], situation: Situation
) -> list[tuple[str, str]]:
    lacking = _evidence(gate, asked, situation)
    if any(not one.approval.approved for one in approvals):
        lacking.append(("gate.rejected", "Somebody rejected it; they can change their mind by approving."))
    counted = granted(approvals, situation.authors)
    if counted < gate.body.approvals:
        said = f"{counted} of {gate.body.approvals} persons have approved; the author of the version is none of them."
        lacking.append(("gate.approvals_missing", said))
    return lacking


def _evidence(gate: GateInForce, asked: Requested, situation: Situation) -> list[tuple[str, str]]:
    pinned = next((one for one in asked.request.gates if one["name"] == gate.version.name), None)
    if pinned is None or pinned["lock_digest"] != gate.version.lock_digest:
        return [("gate.evidence_stale", "The gate, or a dataset, scorer or judge of it changed since; request again.")]
    compares = any(requirement.rule != "at_least" for requirement in gate.body.requires)
    baseline = (asked.request.baseline_version_id, asked.request.baseline_lock_digest)
    if compares and baseline != (situation.from_version_id, situation.from_lock_digest):
        return [("gate.baseline_moved", "The label points at something else than was compared with; request again.")]
    if asked.decision is None:
        if asked.job.state in ("failed", "cancelled"):
            why = asked.job.error_message or asked.job.state
            return [("gate.evidence_broken", f"The evidence could not be gathered: {why} Request again.")]
        return [("gate.evidence_running", "The evidence is being gathered.")] if gate.body.requires else []
    return [
        (f"gate.{verdict}", message_of(one, verdict))
        for one, verdict in zip(asked.request.requirements, asked.decision.verdicts, strict=True)
        if one["gate"] == gate.version.name and verdict != "passed"
    ]


def message_of(requirement: dict[str, Any], verdict: str) -> str:
    """Return a requirement and its verdict in a sentence."""
    wanted, scorer, dataset = requirement["requirement"], requirement["scorer"]["name"], requirement["dataset"]
    where = f"{scorer!r} on the {requirement['rows']} {wanted['split']} rows of {dataset['name']!r}"
    match wanted["rule"]:
        case "better":
            claim = f"is better by {where}"
        case "not_worse":
            claim = f"is not worse by {wanted['margin']:g} or more by {where}"
        case _:
            claim = f"is right on more than {100 * wanted['threshold']:g} % by {where}"
    match verdict:
        case "passed" if requirement["old"] is None and wanted["rule"] != "at_least":
            return f"{wanted['name']}: the label points at nothing yet that it could be compared with."
        case "passed":
            return f"{wanted['name']}: it was shown that the version {claim}."
        case "not_looked":
            return f"{wanted['name']}: the sealed rows were not looked at, because open rows did not show enough."
        case "failed":
            return f"{wanted['name']}: it was not shown that the version {claim}."
        case _:
            return f"{wanted['name']}: whether the version {claim} is being looked at."
