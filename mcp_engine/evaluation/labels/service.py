"""The rules of labels: given by people, blind, one last word each; what they say of a judge."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.evaluation.labels import calibration
from mcp_engine.evaluation.labels.facts import LABELLED, labelled_facts
from mcp_engine.evaluation.labels.repository import LabelRepository
from mcp_engine.evaluation.labels.schemas import (
    CalibrationView,
    CorrectedRate,
    GiveLabel,
    LabellingItem,
    LabellingQueue,
    LabelView,
)
from mcp_engine.evaluation.labels.tables import LabelRow
from mcp_engine.evaluation.runs.service import EvaluationService, no_scorer
from mcp_engine.evaluation.scorers.judge import JUDGE
from mcp_engine.identifiers import new_id


class LabelService:
    """Labels of every tenant."""

    def __init__(
        self,
        database: Database,
        evaluations: EvaluationService,
        artifacts: ArtifactService,
    ) -> None:
        self._database = database
        self._evaluations = evaluations
        self._artifacts = artifacts

    async def queue(self, caller: Caller, evaluation_id: UUID, scorer: str, limit: int) -> LabellingQueue:
        """Return the next rows that this person has not judged, without anybody's verdict on them.

        Raises:
            NotFound: `evaluation.not_found`, `evaluation.scorer_not_found`.
            NotAllowed: `dataset.sealed`.
        """
        await self._check(caller, evaluation_id, scorer)
        async with self._work(caller) as work:
            repository = LabelRepository(work)
            rows = await repository.waiting(evaluation_id, scorer, limit)
            labelled, left = await repository.counts(evaluation_id, scorer)
        shown = await self._evaluations.shown(caller, evaluation_id, rows)
        items = [
            LabellingItem(position=one.position, inputs=one.inputs or {}, expected=one.expected, output=one.output)
            for one in shown
        ]
        return LabellingQueue(items=items, labelled=labelled, left=left)

    async def give(self, caller: Caller, evaluation_id: UUID, given: GiveLabel) -> LabelView:
        """Record a person's verdict; a later one of the same person takes its place.

        Raises:
            NotAllowed: `label.person_needed` for a machine: it would calibrate a judge with a judge.
            NotFound: `evaluation.not_found`, `evaluation.scorer_not_found`, `evaluation.row_not_found`.
            Conflict: `label.no_output` for a row that gave none.
        """
        caller.require_person("label.person_needed", "Labels say what people think; a machine's verdict is a score.")
        await self._check(caller, evaluation_id, given.scorer)
        async with self._work(caller) as work:
            repository = LabelRepository(work)
            item = await repository.item(evaluation_id, given.position)
            if item is None:
                raise NotFound("evaluation.row_not_found", f"This evaluation has no row {given.position} yet.")
            if item.execution_id is None or item.error_code is not None:
                raise Conflict("label.no_output", "This row gave no output that could be judged.")
            label = LabelRow(
                tenant_id=work.tenant_id, id=new_id(), scorer=given.scorer, evaluation_id=evaluation_id,
                position=given.position, execution_id=item.execution_id, passed=given.passed, actor_id=work.actor_id,
                created_at=datetime.now(UTC),
            )  # fmt: skip
            await repository.add(label)
            await append(work, AuditEvent(LABELLED, str(label.id), labelled_facts(label)))
        return LabelView.model_validate(label, from_attributes=True)

    async def calibration(self, caller: Caller, namespace: str, scorer: Reference) -> CalibrationView:
        """Return how a scorer's version, as it resolves now, agrees with people.

        Raises:
            NotFound: `scorer.not_found`, `scorer.version_not_found`, `scorer.label_not_found`.
        """
        found = await self._artifacts.resolve(caller, namespace, scorer)
        async with self._work(caller) as work:
            verdicts = await LabelRepository(work).verdicts(found.name, found.lock_digest)
        return calibration.view(found.name, found.lock_digest, calibration.agreement_of(verdicts))

    async def corrected(self, caller: Caller, evaluation_id: UUID) -> list[CorrectedRate]:
        """Return the rates of an evaluation's judges, corrected; of those that are calibrated, and pass or fail.

        Raises:
            NotFound: `evaluation.not_found`.
        """
        evaluation = await self._evaluations.get(caller, evaluation_id)
        found: list[CorrectedRate] = []
        async with self._work(caller) as work:
            for metric in evaluation.metrics or []:
                if metric.type != JUDGE or metric.mean is None:
                    continue
                rows = metric.scored + sum(metric.failures.values())
                passed = metric.mean * rows
                verdicts = await LabelRepository(work).verdicts(metric.scorer, metric.lock_digest)
                judge = calibration.calibration_of(calibration.agreement_of(verdicts))
                if judge is not None and abs(passed - round(passed)) < 1e-6:
                    found.append(calibration.corrected(metric.scorer, round(passed), rows, judge))
        return found

    async def _check(self, caller: Caller, evaluation_id: UUID, scorer: str) -> None:
        evaluation = await self._evaluations.readable(caller, evaluation_id)
        if scorer not in evaluation.scorers:
            raise no_scorer(scorer, evaluation.scorers)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)
