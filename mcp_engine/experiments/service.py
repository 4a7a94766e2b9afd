"""The rules of experiments: begin, look, end. What was named before the data can't be changed after it."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference, checked_label
from mcp_engine.artifacts.moves import NOTHING_BEFORE
from mcp_engine.artifacts.releases import ReleaseRefused
from mcp_engine.artifacts.schemas import LabelMoveView, move_view
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.canonical import canonical_json, digest
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.experiments import views
from mcp_engine.experiments.analysis import Analysis, analyse
from mcp_engine.experiments.assignment import Slice
from mcp_engine.experiments.course import PROMOTED, ROLLED_BACK, STARTED, STOPPED
from mcp_engine.experiments.evidence import gather
from mcp_engine.experiments.facts import CREATED, created_facts, event_facts, event_kind
from mcp_engine.experiments.planning import (
    check_plan,
    free_slice,
    never_share_a_unit,
    normalised_weights,
    steps_from,
)
from mcp_engine.experiments.repository import ExperimentRepository, Stored
from mcp_engine.experiments.schemas import (
    ExperimentDetail,
    ExperimentSummary,
    NewExperiment,
    Plan,
    Promote,
    Stop,
)
from mcp_engine.experiments.tables import ExperimentArmRow, ExperimentEventRow, ExperimentRow
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.identity.namespaces import require_namespace

SALT_BYTES = 8
_log = structlog.get_logger(__name__)


class ExperimentService:
    """Experiments of every tenant."""

    def __init__(self, database: Database, artifacts: ArtifactService) -> None:
        self._database = database
        self._artifacts = artifacts

    async def create(self, caller: Caller, namespace: str, new: NewExperiment) -> ExperimentDetail:
        """Keep a plan, with its arms pinned by the locks they have now, and start it unless it shall be a draft.

        Raises:
            InvalidInput: as `planning.check_plan`; `label.invalid`.
            NotFound: the namespace, the artifact or the version of an arm does not exist.
            Gone: `artifact.erased`.
            Conflict: `experiment.name_taken`.
            NotFound, Conflict: as `start`.
        """
        check_plan(new)
        checked_label(new.label)
        try:
            async with self._work(caller) as work:
                await require_namespace(work, namespace)
                stored = await self._insert(work, namespace, new)
                await append(work, AuditEvent(CREATED, str(stored.experiment.id), created_facts(stored)))
                if new.start:
                    stored = await self._start(work, stored)
        except IntegrityError as error:
            constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
            if constraint != "uq_experiment_tenant_id_namespace_name":
                raise
            raise Conflict(
                "experiment.name_taken",
                f"There is an experiment {new.name!r} already; what it found stays under its name.",
            ) from error
        return views.detail(stored)

    async def start(self, caller: Caller, namespace: str, name: str) -> ExperimentDetail:
        """Start a draft.

        Raises:
            NotFound: `experiment.not_found`; the artifact has no such label.
            Conflict: `experiment.not_a_draft`; `experiment.label_busy` when another one that may meet the same units
                runs on the same label; `experiment.group_full`; what a guard of the label raises.
        """
        async with self._work(caller) as work:
            return views.detail(await self._start(work, await found(work, namespace, name)))

    async def list(
        self, caller: Caller, namespace: str, artifact: tuple[str, str] | None, *, limit: int, cursor: str | None
    ) -> Page[ExperimentSummary]:
        """Return experiments, newest first; of one artifact (kind and name) if asked."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            await require_namespace(work, namespace)
            rows = await ExperimentRepository(work).page(namespace, artifact, before, limit + 1)
        return page_of([views.summary(row) for row in rows], limit, lambda shown: (str(shown.id),))

    async def get(self, caller: Caller, namespace: str, name: str) -> ExperimentDetail:
        """Return an experiment; raises `NotFound` (`experiment.not_found`)."""
        async with self._work(caller) as work:
            return views.detail(await found(work, namespace, name))

    async def analysis(self, caller: Caller, namespace: str, name: str) -> Analysis:
        """Return what may be concluded now; raises `NotFound` (`experiment.not_found`)."""
        async with self._work(caller) as work:
            evidence = await gather(work, await found(work, namespace, name))
        return await asyncio.to_thread(analyse, evidence)

    async def stop(self, caller: Caller, namespace: str, name: str, wanted: Stop) -> ExperimentDetail:
        """End an experiment without a change of its label.

        Raises:
            NotFound: `experiment.not_found`.
            Conflict: `experiment.not_running`.
        """
        async with self._work(caller) as work:
            stored = await _running(work, namespace, name)
            return views.detail(await end(work, stored, STOPPED, {}, wanted.reason))

    async def promote(self, caller: Caller, namespace: str, name: str, wanted: Promote) -> ExperimentDetail:
        """Point the label at an arm's version and end the experiment, both or neither; any arm, at any time.

        Raises:
            NotFound: `experiment.not_found`, `experiment.arm_not_found`.
            Conflict: `experiment.not_running`.
            EngineError: what the move of the label raises.
        """
        async with self._work(caller) as work:
            stored = await _running(work, namespace, name)
            version = next((number for arm, number in stored.arms if arm.name == wanted.arm), None)
            if version is None:
                names = ", ".join(arm.name for arm, _ in stored.arms)
                raise NotFound("experiment.arm_not_found", f"No arm is named {wanted.arm[:140]!r}; there are: {names}.")
            move = await self._move(work, stored, version, wanted.reason or f"Arm {wanted.arm} of experiment {name}.")
            facts = {"arm": wanted.arm, "version": version, "label_event": str(move.event_id)}
            return views.detail(await end(work, stored, PROMOTED, facts, wanted.reason))

    async def roll_back(self, work: UnitOfWork, stored: Stored, facts: dict[str, Any], reason: str) -> None:
        """End an experiment that does harm; if its label points at a new version that was tried, move it back.

        It goes to where it pointed when the experiment started, if that was none of the new versions, else to the
        control; a control that the label never pointed at must pass the label's gates, and where it does not, the label
        stays (`moved_to` is null). The caller stands in line, and `stored` is running.
        """
        course = views.course_of(stored)
        tried = {number for _, number in stored.arms[1:]}
        now = await ExperimentRepository(work).label_number(stored.experiment.artifact_id, stored.experiment.label)
        moved_to = None
        if now in tried:
            before = course.label_number
            moved_to = stored.arms[0][1] if before is None or before in tried else before
            if not await self._go_back(work, stored, moved_to, reason):
                moved_to = None
        await end(work, stored, ROLLED_BACK, {**facts, "moved_to": moved_to}, reason)

    async def _go_back(self, work: UnitOfWork, stored: Stored, version: int, reason: str) -> bool:
        """Point the label at an earlier release, or release the version; False when a gate does not let it pass."""
        row = stored.experiment
        try:
            await self._artifacts.roll_back_label_in(
                work, stored.kind, row.namespace, stored.artifact, row.label, version, reason=reason
            )
        except NotFound as error:
            if error.code != NOTHING_BEFORE:
                raise
            try:
                await self._move(work, stored, version, reason)
            except ReleaseRefused as refused:
                _log.warning("experiment_label_kept", experiment=row.name, label=row.label, why=refused.message)
                return False
        return True

    async def _move(self, work: UnitOfWork, stored: Stored, version: int, reason: str) -> LabelMoveView:
        row = stored.experiment
        return move_view(
            await self._artifacts.move_label_in(
                work, stored.kind, row.namespace, stored.artifact, row.label, version, reason=reason
            )
        )

    async def _insert(self, work: UnitOfWork, namespace: str, new: NewExperiment) -> Stored:
        versions = [
            await self._artifacts.resolve_in(work, namespace, Reference(new.kind, new.artifact, arm.version))
            for arm in new.arms
        ]
        configuration = new.model_dump(mode="json", by_alias=True, include=set(Plan.model_fields))
        canonical_json(configuration)
        guarded = [metric.name for metric in (*new.metrics, *new.guardrails)]
        experiment = ExperimentRow(
            tenant_id=work.tenant_id,
            id=new_id(),
            namespace=namespace,
            name=new.name,
            artifact_id=versions[0].artifact_id,
            label=new.label,
            salt=secrets.token_hex(SALT_BYTES),
            configuration=configuration,
            metric_names=list(dict.fromkeys(guarded)),
            actor_id=work.actor_id,
        )
        arms = [
            ExperimentArmRow(
                tenant_id=work.tenant_id,
                experiment_id=experiment.id,
                number=number,
                name=arm.name,
                version_id=version.version_id,
                lock_digest=version.lock_digest,
                weight=weight,
            )
            for number, (arm, version, weight) in enumerate(
                zip(new.arms, versions, normalised_weights(new.arms), strict=True)
            )
        ]
        repository = ExperimentRepository(work)
        await repository.insert(experiment, arms)
        return (await repository.several([experiment.id]))[0]

    async def _start(self, work: UnitOfWork, stored: Stored) -> Stored:
        repository, row = ExperimentRepository(work), stored.experiment
        await repository.stand_in_line()
        if views.course_of((await repository.several([row.id]))[0]).state != "draft":
            raise Conflict("experiment.not_a_draft", f"The experiment {row.name!r} has been started before.")
        plan, others = views.plan_of(stored), await repository.running()
        for other in others:
            same = (other.experiment.artifact_id, other.experiment.label) == (row.artifact_id, row.label)
            if same and not never_share_a_unit(plan, views.plan_of(other)):
                raise Conflict(
                    "experiment.label_busy",
                    f"The experiment {other.experiment.name!r} runs on the label {row.label!r} of {stored.artifact!r}; "
                    "end it, or give both one `group`, or targeting with different values of one attribute.",
                    details={"experiment": other.experiment.name},
                )
        # Where nothing is released there is nothing to split.
        await self._artifacts.resolve_in(work, row.namespace, Reference(stored.kind, stored.artifact, label=row.label))
        released = await repository.label_number(row.artifact_id, row.label)
        tried = [number for _, number in stored.arms if number != released]
        await self._artifacts.check_trial_in(work, stored.kind, row.namespace, stored.artifact, row.label, tried)
        share = None if plan.group is None else _slice(work, row.namespace, plan, others)
        facts = {
            "steps": [list(step) for step in steps_from(plan, datetime.now(UTC))],
            "slice": None if share is None else list(share),
            "label_number": released,
        }
        await repository.begin_running(row.id)
        return await add_event(work, stored, STARTED, facts, "")

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _slice(work: UnitOfWork, namespace: str, plan: Plan, others: list[Stored]) -> Slice:
    """Return this experiment's part of its group, whose key is the namespace's own."""
    assert plan.group is not None
    key = digest([str(work.tenant_id), namespace, plan.group.name])[:32]
    taken = [slice_ for other in others if (slice_ := views.course_of(other).slice) is not None]
    return free_slice(key, plan.group.share, [one for one in taken if one.key == key])


async def found(work: UnitOfWork, namespace: str, name: str) -> Stored:
    """Return an experiment.

    Raises:
        NotFound: `namespace.not_found`, `experiment.not_found`.
    """
    await require_namespace(work, namespace)
    stored = None if "\x00" in name else await ExperimentRepository(work).named(namespace, name)
    if stored is None:
        raise NotFound("experiment.not_found", f"There is no experiment {name[:140]!r} in the namespace {namespace!r}.")
    return stored


async def _running(work: UnitOfWork, namespace: str, name: str) -> Stored:
    await ExperimentRepository(work).stand_in_line()
    stored = await found(work, namespace, name)
    state = views.course_of(stored).state
    if state != "running":
        raise Conflict("experiment.not_running", f"The experiment {name!r} is not running: it is {state}.")
    return stored


async def end(work: UnitOfWork, stored: Stored, kind: str, facts: dict[str, Any], reason: str) -> Stored:
    """Record how a running experiment ends."""
    await ExperimentRepository(work).end_running(stored.experiment.id)
    return await add_event(work, stored, kind, facts, reason)


async def add_event(work: UnitOfWork, stored: Stored, kind: str, facts: dict[str, Any], reason: str) -> Stored:
    """Record what became of an experiment, and in the audit log that it did; return it as it is now."""
    repository = ExperimentRepository(work)
    event = ExperimentEventRow(
        tenant_id=work.tenant_id,
        id=new_id(),
        experiment_id=stored.experiment.id,
        number=len(stored.events) + 1,
        kind=kind,
        facts=facts,
        reason=reason,
        actor_id=work.actor_id,
    )
    await repository.add_event(event)
    await append(work, AuditEvent(event_kind(kind), str(event.id), event_facts(event, stored.experiment.name)))
    return (await repository.several([stored.experiment.id]))[0]
