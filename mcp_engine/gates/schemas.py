"""What the API takes and shows of gates and of releases that were asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.artifacts.pushing import After
from mcp_engine.gates.kind import Name, Protects, Requirement

Verdict = Literal["passed", "failed", "not_looked", "pending"]
RequestState = Literal["evaluating", "failed", "waiting", "ready", "released", "rejected", "stale"]


class SetGate(BaseModel):
    """A gate to put in force: its next version is stored, and protects from now on."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    body: dict[str, Any] = Field(description="See docs/gates.md.")
    message: str = ""
    after: After = None


class GateSummary(BaseModel):
    """A gate; `active` is the version in force, null for one that was never put in force."""

    name: str
    namespace: str
    description: str
    active: int | None
    latest: int
    enabled: bool
    protects: Protects
    updated_at: datetime


class LedgerView(BaseModel):
    """The error budget of sealed rows that were first looked at together.

    `next_level` is the p-value at which the next look passes, `left` the share of the opening budget that looks to come
    can still spend.
    """

    id: UUID
    opened_at: datetime
    rows: int
    budget: float
    planned: int
    looks: int
    passes: int
    next_level: float
    left: float
    reason: str


class GateDetail(GateSummary):
    """A gate with what it asks for, of the version in force (else the latest)."""

    number: int
    requirements: list[Requirement]
    approvals: int
    movers: list[str]
    machines: Literal["propose", "release"]
    experiments: Literal["refuse", "allow"]
    cooldown_minutes: int
    error_budget: float
    planned_looks: int
    minimum_rows: int
    ledgers: list[LedgerView]


class RequestRelease(BaseModel):
    """A label to move to a version."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(default="prompt", max_length=64)
    name: Name
    label: str = Field(default="production", max_length=36)
    version: int = Field(ge=1, le=2**31 - 1)
    reason: str = Field(default="", max_length=2000)


class GiveApproval(BaseModel):
    """A person's word on a release."""

    model_config = ConfigDict(extra="forbid")

    approve: bool
    comment: str = Field(default="", max_length=2000)


class Missing(BaseModel):
    """Something that a release still lacks."""

    gate: str
    code: str
    message: str


class RequirementView(BaseModel):
    """A requirement with its verdict.

    `evaluations` are those of open rows, the candidate's first; of sealed rows nothing but the verdict is shown.
    """

    name: str
    scorer: str
    scorer_number: int
    dataset: str
    dataset_number: int
    split: str
    rule: str
    rows: int
    statistic: str
    level: float | None
    verdict: Verdict
    statement: str
    evaluations: list[UUID]


class RequestedGate(BaseModel):
    """What one gate asks of a release."""

    gate: str
    number: int
    requirements: list[RequirementView]


class ApprovalView(BaseModel):
    """A person's last word."""

    actor_id: UUID
    actor_name: str
    approved: bool
    comment: str
    created_at: datetime


class ReleaseRequest(BaseModel):
    """A release that somebody asked for: what it needs, what is there, what is missing.

    `approvals_granted` counts persons who wrote nothing of what is released. `stale` means that a gate, a dataset, a
    scorer or the label changed since, so that the evidence speaks of something else. `label_event` is the move that
    carried it out.
    """

    id: UUID
    namespace: str
    kind: str
    name: str
    label: str
    version: int
    version_id: UUID
    author_id: UUID
    baseline_version: int | None
    requested_by: UUID
    reason: str
    created_at: datetime
    state: RequestState
    job_id: UUID
    progress_done: int
    progress_total: int
    gates: list[RequestedGate]
    approvals: list[ApprovalView]
    approvals_granted: int
    approvals_needed: int
    missing: list[Missing]
    label_event: UUID | None
