"""Every query of releases that were asked for, and of error budgets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on, insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from mcp_engine.artifacts.locks.repository import points_at
from mcp_engine.artifacts.tables import Artifact, LabelEvent, LockDependency, Version
from mcp_engine.audit.tables import has_entry
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.datasets.repository import ROW_OF_MEMBER
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.datasets.tables import DatasetMember, DatasetRow
from mcp_engine.gates.tables import (
    AlphaLedgerMemberRow,
    AlphaLedgerRow,
    AlphaLookRow,
    AlphaSpendRow,
    ReleaseApprovalRow,
    ReleaseDecisionRow,
    ReleaseRequestRow,
)
from mcp_engine.identity.permissions import roles_holding
from mcp_engine.identity.tables import Principal
from mcp_engine.jobs.tables import JobRow

State = Literal["open", "all"]


class Requested(NamedTuple):
    """A request with what it is about, how far its evidence is, and the move that carried it out."""

    request: ReleaseRequestRow
    artifact: Artifact
    version: Version
    baseline_number: int | None
    job: JobRow
    decision: ReleaseDecisionRow | None
    look: AlphaLookRow | None
    label_event_id: UUID | None


class Approved(NamedTuple):
    """The last word of a person."""

    approval: ReleaseApprovalRow
    name: str


class Budget(NamedTuple):
    """A ledger, how many rows it is for, and the verdicts of its looks in order."""

    ledger: AlphaLedgerRow
    rows: int
    verdicts: Sequence[bool]


class LedgerContent(NamedTuple):
    """What a ledger was opened with; `rows_digest` is the SHA-256 of what its rows ask, digest by digest."""

    id: UUID
    budget: float
    planned: int
    rows_digest: str | None


class GateRepository:
    """Queries of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._session = work.session

    async def add(self, *rows: Any) -> None:
        self._session.add_all(rows)
        await self._session.flush()

    # releases

    async def requested(self, ids: Collection[UUID]) -> dict[UUID, Requested]:
        rows = await self._requested(col(ReleaseRequestRow.id).in_(ids))
        return {row.request.id: row for row in rows}

    async def newest(self, version_id: UUID, label: str, lock_digest: str) -> Requested | None:
        """Return the last request to release a version under a label and lock."""
        rows = await self._requested(
            col(ReleaseRequestRow.version_id) == version_id,
            col(ReleaseRequestRow.label) == label,
            col(ReleaseRequestRow.lock_digest) == lock_digest,
            limit=1,
        )
        return rows[0] if rows else None

    async def page(
        self, namespace: str, state: State, artifact: tuple[str, str] | None, before: UUID | None, limit: int
    ) -> list[Requested]:
        """Return requests, newest first; `open` ones are neither carried out nor overtaken by a later request."""
        conditions: list[ColumnElement[bool]] = [col(ReleaseRequestRow.namespace) == namespace]
        if artifact is not None:
            conditions += [col(Artifact.kind) == artifact[0], col(Artifact.name) == artifact[1]]
        if before is not None:
            conditions.append(col(ReleaseRequestRow.id) < before)
        if state == "open":
            conditions += [_CARRIED_OUT.is_(None), ~_overtaken()]
        return await self._requested(*conditions, limit=limit)

    async def _requested(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Requested]:
        statement = _requests().where(*conditions).order_by(col(ReleaseRequestRow.id).desc()).limit(limit)
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return [Requested(*row) for row in rows]

    async def approvals(self, request_ids: Collection[UUID]) -> dict[UUID, list[Approved]]:
        """Return the last word of every person on these requests, of those who may still have one."""
        key = (col(ReleaseApprovalRow.request_id), col(ReleaseApprovalRow.actor_id))
        person = and_(
            col(Principal.tenant_id) == col(ReleaseApprovalRow.tenant_id),
            col(Principal.id) == col(ReleaseApprovalRow.actor_id),
        )
        statement = (
            select(ReleaseApprovalRow, col(Principal.name))
            .join(Principal, person)
            .where(
                col(ReleaseApprovalRow.request_id).in_(request_ids),
                col(Principal.kind) == "person",
                col(Principal.role).in_(roles_holding("gates:approve")),
                col(Principal.disabled_at).is_(None),
            )
            .order_by(*key, col(ReleaseApprovalRow.id).desc())
            .ext(distinct_on(*key))
        )
        found: dict[UUID, list[Approved]] = defaultdict(list)
        for approval, name in await self._session.execute(statement):
            found[approval.request_id].append(Approved(approval, name))
        return found

    async def authors(self, version_id: UUID, lock_digest: str, baseline_lock_digest: str | None) -> set[UUID]:
        """Return who wrote the version, and who wrote what its lock pins and that of the baseline does not."""
        same = aliased(LockDependency)
        kept = exists().where(
            col(same.tenant_id) == col(LockDependency.tenant_id),
            col(same.version_id) == col(LockDependency.version_id),
            col(same.lock_digest) == baseline_lock_digest,
        )
        pinned = select(col(LockDependency.version_id)).where(col(LockDependency.lock_digest) == lock_digest, ~kept)
        statement = select(col(Version.author_id)).where(
            or_(col(Version.id) == version_id, col(Version.id).in_(pinned))
        )
        return set((await self._session.execute(statement)).scalars())

    async def approvals_with_ids(self, ids: Collection[UUID]) -> list[ReleaseApprovalRow]:
        statement = select(ReleaseApprovalRow).where(col(ReleaseApprovalRow.id).in_(ids))
        rows = await self._session.execute(statement, execution_options={"populate_existing": True})
        return list(rows.scalars())

    async def without_entry(
        self, request_ids: Collection[UUID], decided: str, approved: str
    ) -> Mapping[UUID, Sequence[str]]:
        """Return, by request, what was added to it behind the engine's back.

        These are approvals and decisions that no audit entry of these kinds speaks of, and looks that its decision
        does not name.
        """
        approval, decision, look = ReleaseApprovalRow, ReleaseDecisionRow, AlphaLookRow
        named = exists().where(col(decision.request_id) == col(look.request_id), col(decision.look_id) == col(look.id))
        statement = union_all(
            select(col(approval.request_id), literal("approval ") + cast(col(approval.id), Text)).where(
                col(approval.request_id).in_(request_ids), ~has_entry(approved, col(approval.id))
            ),
            select(col(decision.request_id), literal("decision")).where(
                col(decision.request_id).in_(request_ids), ~has_entry(decided, col(decision.request_id))
            ),
            select(col(look.request_id), literal("look ") + cast(col(look.id), Text)).where(
                col(look.request_id).in_(request_ids), ~named
            ),
        )
        found: dict[UUID, list[str]] = defaultdict(list)
        for request_id, what in await self._session.execute(statement):
            found[request_id].append(what)
        return {request_id: sorted(added) for request_id, added in found.items()}

    async def principal(self, principal_id: UUID) -> Principal | None:
        statement = select(Principal).where(col(Principal.id) == principal_id)
        return (await self._session.execute(statement)).scalar_one_or_none()

    # budgets

    async def stand_in_line(self) -> None:
        """Wait until no other transaction of this tenant looks at sealed rows."""
        await self._work.stand_in_line("alpha")

    async def questions(self, dataset_version_id: UUID, split: str) -> dict[str, str]:
        """Return one row digest for each different question (inputs) of a split, the first: repeats prove nothing."""
        key = col(DatasetRow.inputs_digest)
        statement = (
            select(key, col(DatasetMember.row_digest))
            .select_from(DatasetMember)
            .join(DatasetRow, ROW_OF_MEMBER)
            .where(col(DatasetMember.version_id) == dataset_version_id, col(DatasetMember.split) == split)
            .order_by(key, col(DatasetMember.position))
            .ext(distinct_on(key))
        )
        return dict((await self._session.execute(statement)).all())

    async def earlier_look(self, question_digest: str) -> AlphaLookRow | None:
        statement = select(AlphaLookRow).where(col(AlphaLookRow.question_digest) == question_digest).limit(1)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def ledgers_of(self, dataset_version_ids: Collection[UUID]) -> tuple[set[UUID], bool]:
        """Return the ledgers of the sealed rows of these versions, and whether some rows have none yet."""
        statement = (
            select(col(AlphaLedgerMemberRow.ledger_id))
            .select_from(DatasetMember)
            .join(DatasetRow, ROW_OF_MEMBER)
            .outerjoin(AlphaLedgerMemberRow, _MEMBER)
            .where(col(DatasetMember.version_id).in_(dataset_version_ids), col(DatasetMember.split) == SEALED)
            .distinct()
        )
        found: set[UUID | None] = set((await self._session.execute(statement)).scalars())
        return {one for one in found if one is not None}, None in found

    async def open_ledger(self, ledger: AlphaLedgerRow, dataset_version_ids: Collection[UUID]) -> None:
        """Store a ledger for every sealed row of these datasets, in any of their versions, that has none."""
        await self.add(ledger)
        artifacts = select(col(Version.artifact_id)).where(col(Version.id).in_(dataset_version_ids))
        fresh = (
            select(col(DatasetRow.tenant_id), col(DatasetRow.inputs_digest), literal(ledger.id, Uuid()))
            .select_from(DatasetMember)
            .join(DatasetRow, ROW_OF_MEMBER)
            .join(Version, points_at(DatasetMember.tenant_id, DatasetMember.version_id, Version))
            .outerjoin(AlphaLedgerMemberRow, _MEMBER)
            .where(
                col(Version.artifact_id).in_(artifacts),
                col(DatasetMember.split) == SEALED,
                col(AlphaLedgerMemberRow.ledger_id).is_(None),
            )
            .distinct()
        )
        await self._session.execute(
            insert(AlphaLedgerMemberRow).from_select(["tenant_id", "inputs_digest", "ledger_id"], fresh)
        )

    async def budgets(self, ledger_ids: Collection[UUID]) -> list[Budget]:
        """Return ledgers with their looks, oldest first."""
        ledgers = select(AlphaLedgerRow).where(col(AlphaLedgerRow.id).in_(ledger_ids)).order_by(col(AlphaLedgerRow.id))
        member = col(AlphaLedgerMemberRow.ledger_id)
        sizes = select(member, func.count()).where(member.in_(ledger_ids)).group_by(member)
        looks = (
            select(col(AlphaSpendRow.ledger_id), col(AlphaLookRow.passed))
            .join(AlphaLookRow, points_at(AlphaSpendRow.tenant_id, AlphaSpendRow.look_id, AlphaLookRow))
            .where(col(AlphaSpendRow.ledger_id).in_(ledger_ids))
            .order_by(col(AlphaLookRow.id))
        )
        rows: Mapping[UUID, int] = dict((await self._session.execute(sizes)).all())
        verdicts: dict[UUID, list[bool]] = defaultdict(list)
        for ledger_id, passed in await self._session.execute(looks):
            verdicts[ledger_id].append(passed)
        found = (await self._session.execute(ledgers)).scalars()
        return [Budget(one, rows.get(one.id, 0), verdicts[one.id]) for one in found]

    async def spent_from(self, look_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return the ledgers that looks spent from, by look."""
        statement = (
            select(col(AlphaSpendRow.look_id), col(AlphaSpendRow.ledger_id))
            .where(col(AlphaSpendRow.look_id).in_(look_ids))
            .order_by(col(AlphaSpendRow.ledger_id))
        )
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for look_id, ledger_id in await self._session.execute(statement):
            found[look_id].append(ledger_id)
        return found

    async def contents_spent_from(self, look_ids: Collection[UUID]) -> dict[UUID, list[LedgerContent]]:
        """Return what the ledgers were opened with that looks spent from, by look."""
        spent = await self.spent_from(look_ids)
        member, ledger = AlphaLedgerMemberRow, AlphaLedgerRow
        asked = func.string_agg(col(member.inputs_digest), aggregate_order_by(literal(","), col(member.inputs_digest)))
        rows_digest = func.encode(func.sha256(func.convert_to(asked, "UTF8")), "hex")
        statement = (
            select(col(ledger.id), col(ledger.budget), col(ledger.planned), rows_digest)
            .outerjoin(
                member, and_(col(member.tenant_id) == col(ledger.tenant_id), col(member.ledger_id) == col(ledger.id))
            )
            .where(col(ledger.id).in_({one for ledgers in spent.values() for one in ledgers}))
            .group_by(col(ledger.id), col(ledger.budget), col(ledger.planned))
        )
        contents = {row[0]: LedgerContent(*row) for row in await self._session.execute(statement)}
        return {look: [contents[one] for one in ledgers if one in contents] for look, ledgers in spent.items()}


_MEMBER = and_(
    col(AlphaLedgerMemberRow.tenant_id) == col(DatasetRow.tenant_id),
    col(AlphaLedgerMemberRow.inputs_digest) == col(DatasetRow.inputs_digest),
)
_CARRIED_OUT = (
    select(col(LabelEvent.id))
    .where(
        col(LabelEvent.tenant_id) == col(ReleaseRequestRow.tenant_id),
        col(LabelEvent.artifact_id) == col(ReleaseRequestRow.artifact_id),
        col(LabelEvent.label) == col(ReleaseRequestRow.label),
        col(LabelEvent.to_version_id) == col(ReleaseRequestRow.version_id),
        col(LabelEvent.lock_digest) == col(ReleaseRequestRow.lock_digest),
        # Both are UUIDv7, in the order of time.
        col(LabelEvent.id) > col(ReleaseRequestRow.id),
    )
    .order_by(col(LabelEvent.id))
    .limit(1)
    .correlate(ReleaseRequestRow)
    .scalar_subquery()
)


def _overtaken() -> ColumnElement[bool]:
    later = aliased(ReleaseRequestRow)
    return exists().where(
        col(later.tenant_id) == col(ReleaseRequestRow.tenant_id),
        col(later.artifact_id) == col(ReleaseRequestRow.artifact_id),
        col(later.label) == col(ReleaseRequestRow.label),
        col(later.version_id) == col(ReleaseRequestRow.version_id),
        col(later.id) > col(ReleaseRequestRow.id),
    )


def _requests() -> Select[*tuple[Any, ...]]:
    baseline = aliased(Version)
    return (
        select(
            ReleaseRequestRow, Artifact, Version, col(baseline.number), JobRow, ReleaseDecisionRow, AlphaLookRow,
            _CARRIED_OUT,
        )
        .join(Artifact, points_at(ReleaseRequestRow.tenant_id, ReleaseRequestRow.artifact_id, Artifact))
        .join(Version, points_at(ReleaseRequestRow.tenant_id, ReleaseRequestRow.version_id, Version))
        .outerjoin(baseline, points_at(ReleaseRequestRow.tenant_id, ReleaseRequestRow.baseline_version_id, baseline))
        .join(JobRow, points_at(ReleaseRequestRow.tenant_id, ReleaseRequestRow.job_id, JobRow))
        .outerjoin(
            ReleaseDecisionRow,
            and_(
                col(ReleaseDecisionRow.tenant_id) == col(ReleaseRequestRow.tenant_id),
                col(ReleaseDecisionRow.request_id) == col(ReleaseRequestRow.id),
            ),
        )
        .outerjoin(AlphaLookRow, points_at(ReleaseDecisionRow.tenant_id, ReleaseDecisionRow.look_id, AlphaLookRow))
    )  # fmt: skip
