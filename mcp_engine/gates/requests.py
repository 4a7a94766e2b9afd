"""The rules of releases that are asked for: gather evidence, approve, show what is missing."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference, checked_label
from mcp_engine.artifacts.repository import ArtifactRepository
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.service import new_evaluation
from mcp_engine.gates import views
from mcp_engine.gates.assessing import Situation, granted, missing_of
from mcp_engine.gates.facts import APPROVED, REQUESTED, approved_facts, requested_facts
from mcp_engine.gates.in_force import GateInForce, gates_over
from mcp_engine.gates.job import GATHER
from mcp_engine.gates.planning import Evidence, EvidencePlanner
from mcp_engine.gates.repository import GateRepository, Requested, State
from mcp_engine.gates.schemas import GiveApproval, ReleaseRequest, RequestRelease
from mcp_engine.gates.tables import ReleaseApprovalRow, ReleaseRequestRow
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService

Known = dict[tuple[str, str, str], list[GateInForce]]
"""Gates over labels, by kind, name and label."""


class ReleaseRequestService:
    """Requests of every tenant."""

    def __init__(
        self, database: Database, artifacts: ArtifactService, planner: EvidencePlanner, jobs: JobService
    ) -> None:
        self._database = database
        self._artifacts = artifacts
        self._planner = planner
        self._jobs = jobs

    async def ask(self, caller: Caller, namespace: str, wanted: RequestRelease) -> ReleaseRequest:
        """Pin what the gates of a label want to see of a version, and queue the job that gathers it.

        A request whose evidence still speaks of the same is not made twice: its approvals count, and it is returned.

        Raises:
            NotFound: the artifact or the version does not exist; what a gate names is gone.
            Conflict: `gate.none` where no gate stands; `gate.released_already`; `gate.judge_uncalibrated`.
            InvalidInput: `label.invalid`, `gate.too_few_rows`; as `EvidencePlanner.plan`.
        """
        checked_label(wanted.label)
        new = await self._artifacts.resolve(caller, namespace, Reference(wanted.kind, wanted.name, wanted.version))
        old = await self._baseline(caller, namespace, wanted)
        if old is not None and (old.version_id, old.lock_digest) == (new.version_id, new.lock_digest):
            raise Conflict(
                "gate.released_already", f"{wanted.label!r} of {wanted.name!r} points at version {new.number} already."
            )
        async with self._work(caller) as work:
            gates = await gates_over(work, self._artifacts, namespace, wanted.kind, wanted.name, wanted.label)
        if not gates:
            raise Conflict(
                "gate.none", f"No gate protects {wanted.label!r} of {wanted.name!r}; move the label, nothing is needed."
            )
        evidence = await self._planner.plan(caller, namespace, gates, new, old)
        async with self._work(caller) as work:
            await _count_rows(work, gates, evidence)
            earlier = await self._earlier(work, wanted.label, new, evidence)
            if earlier is not None:
                return earlier
            request = _row(work, namespace, wanted, new, old, gates, evidence)
            request.job_id = await self._jobs.enqueue(work, kind=GATHER, subject_id=request.id, namespace=namespace)
            for id_, plan in evidence.plans.items():
                row = new_evaluation(work, namespace, plan, id_, request.job_id)
                await EvaluationRepository(work).add(row)
            await GateRepository(work).add(request)
            await append(work, AuditEvent(REQUESTED, str(request.id), requested_facts(request)))
            return await self._shown(work, await _one(work, request.id))

    async def get(self, caller: Caller, request_id: UUID) -> ReleaseRequest:
        """Return a request and what it lacks now, or raise `NotFound` (`gate.request_not_found`)."""
        async with self._work(caller) as work:
            return await self._shown(work, await _one(work, request_id))

    async def list(
        self,
        caller: Caller,
        namespace: str,
        state: State,
        artifact: tuple[str, str] | None,
        *,
        limit: int,
        cursor: str | None,
    ) -> Page[ReleaseRequest]:
        """Return requests, newest first; of one artifact (kind and name) if asked."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows = await GateRepository(work).page(namespace, state, artifact, before, limit + 1)
            known: Known = {}
            shown = [await self._shown(work, row, known) for row in rows]
        return page_of(shown, limit, lambda one: (str(one.id),))

    async def approve(self, caller: Caller, request_id: UUID, given: GiveApproval) -> ReleaseRequest:
        """Record a person's yes or no; a later word takes the place of an earlier one.

        Raises:
            NotFound: `gate.request_not_found`.
            NotAllowed: `gate.person_needed` for machines, `gate.author` for whoever wrote the version.
            Conflict: `gate.released_already`.
        """
        caller.require_person("gate.person_needed", "Machines may ask for releases; persons approve them.")
        async with self._work(caller) as work:
            asked = await _one(work, request_id)
            if caller.principal_id in await _authors(work, asked):
                raise NotAllowed("gate.author", "You wrote this, or a part of it: four eyes means that others look.")
            if asked.label_event_id is not None:
                raise Conflict("gate.released_already", "This release has been carried out.")
            approval = ReleaseApprovalRow(
                tenant_id=work.tenant_id, id=new_id(), request_id=request_id, approved=given.approve,
                comment=given.comment, actor_id=work.actor_id,
            )  # fmt: skip
            await GateRepository(work).add(approval)
            await append(work, AuditEvent(APPROVED, str(approval.id), approved_facts(approval)))
            return await self._shown(work, await _one(work, request_id))

    async def _baseline(self, caller: Caller, namespace: str, wanted: RequestRelease) -> ResolvedVersion | None:
        try:
            return await self._artifacts.resolve(
                caller, namespace, Reference(wanted.kind, wanted.name, label=wanted.label)
            )
        except NotFound as error:
            if error.code != f"{wanted.kind}.label_not_found":
                raise
            return None

    async def _earlier(
        self, work: UnitOfWork, label: str, new: ResolvedVersion, evidence: Evidence
    ) -> ReleaseRequest | None:
        """Return the newest request if it asks the same, of the same models, and still speaks of what is."""
        asked = await GateRepository(work).newest(new.version_id, label, new.lock_digest)
        if asked is None or _questions(asked.request.requirements) != _questions(evidence.requirements):
            return None
        shown = await self._shown(work, asked)
        if shown.state in ("released", "stale"):
            return None
        return None if any(one.code == "gate.evidence_broken" for one in shown.missing) else shown

    async def _shown(self, work: UnitOfWork, asked: Requested, known: Known | None = None) -> ReleaseRequest:
        """Return a request as it stands now; `known` keeps the gates over a label for others on the same page."""
        row, artifact = asked.request, asked.artifact
        votes = (await GateRepository(work).approvals([row.id]))[row.id]
        authors = await _authors(work, asked)
        counted = granted(votes, authors)
        if asked.label_event_id is not None:
            return views.request(asked, votes, (counted, max(gate["approvals"] for gate in row.gates)), [])
        last = await ArtifactRepository(work).last_move(artifact, row.label)
        key = (artifact.kind, artifact.name, row.label)
        gates = None if known is None else known.get(key)
        if gates is None:
            gates = await gates_over(work, self._artifacts, row.namespace, *key)
        if known is not None:
            known[key] = gates
        situation = Situation(
            from_version_id=None if last is None else last.to_version_id,
            from_lock_digest=None if last is None else last.lock_digest,
            moved_at=None if last is None else last.created_at,
            now=datetime.now(UTC),
            authors=authors,
        )
        missing = [one for gate in gates for one in missing_of(gate, asked, votes, situation)]
        needed = max((gate.body.approvals for gate in gates), default=0)
        return views.request(asked, votes, (counted, needed), missing)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


async def _one(work: UnitOfWork, request_id: UUID) -> Requested:
    found = (await GateRepository(work).requested([request_id])).get(request_id)
    if found is None:
        raise NotFound("gate.request_not_found", f"There is no request {request_id}.")
    return found


def _questions(requirements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what requirements ask, without the evaluations that answer."""
    return [{name: value for name, value in one.items() if name not in ("new", "old")} for one in requirements]


async def _authors(work: UnitOfWork, asked: Requested) -> set[UUID]:
    row = asked.request
    return await GateRepository(work).authors(row.version_id, row.lock_digest, row.baseline_lock_digest)


async def _count_rows(work: UnitOfWork, gates: list[GateInForce], evidence: Evidence) -> None:
    """Note how many different questions each requirement is decided on.

    Raises:
        InvalidInput: `gate.too_few_rows`.
    """
    minimum = {gate.version.name: gate.body.minimum_rows for gate in gates}
    for one in evidence.requirements:
        split: str = one["requirement"]["split"]
        one["rows"] = len(await GateRepository(work).questions(UUID(one["dataset"]["version_id"]), split))
        least = minimum[one["gate"]] if split == SEALED else 1
        if one["rows"] < least:
            raise InvalidInput(
                "gate.too_few_rows",
                f"{one['requirement']['name']!r}: the split {split!r} of {one['dataset']['name']!r} has {one['rows']} "
                f"different rows; the gate {one['gate']!r} wants {least} at least.",
            )


def _row(
    work: UnitOfWork,
    namespace: str,
    wanted: RequestRelease,
    new: ResolvedVersion,
    old: ResolvedVersion | None,
    gates: list[GateInForce],
    evidence: Evidence,
) -> ReleaseRequestRow:
    return ReleaseRequestRow(
        tenant_id=work.tenant_id,
        id=new_id(),
        namespace=namespace,
        artifact_id=new.artifact_id,
        label=wanted.label,
        version_id=new.version_id,
        lock_digest=new.lock_digest,
        baseline_version_id=None if old is None else old.version_id,
        baseline_lock_digest=None if old is None else old.lock_digest,
        gates=[
            {
                "name": gate.version.name,
                "number": gate.version.number,
                "lock_digest": gate.version.lock_digest,
                "approvals": gate.body.approvals,
                "error_budget": gate.body.error_budget,
                "planned_looks": gate.body.planned_looks,
            }
            for gate in gates
        ],
        requirements=evidence.requirements,
        reason=wanted.reason,
        actor_id=work.actor_id,
        job_id=new_id(),
    )
