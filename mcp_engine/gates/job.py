"""The durable job that gathers the evidence for a release: open rows first, sealed ones only if these show enough."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.labels.calibration import agreement_of, calibration_of
from mcp_engine.evaluation.labels.repository import LabelRepository
from mcp_engine.evaluation.runs.job import EvaluationJob
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.scorers.judge import JUDGE
from mcp_engine.gates.facts import DECIDED, decided_facts
from mcp_engine.gates.kind import Requirement
from mcp_engine.gates.ledgers import look
from mcp_engine.gates.repository import GateRepository
from mcp_engine.gates.rules import Values, shown, values_of
from mcp_engine.gates.tables import AlphaLookRow, ReleaseDecisionRow, ReleaseRequestRow
from mcp_engine.jobs.context import JobContext
from mcp_engine.statistics.judges import Calibration
from mcp_engine.statistics.spending import Ledger

GATHER: Final = "gate.evidence"
_STEPS: Final = 10
OPEN_LEVEL: Final = 0.05
"""Of open rows: a screen that spares sealed ones, and no proof."""


class EvidenceJob:
    """Evaluates what a request pinned, and decides; an interrupted one goes on where it was."""

    name = GATHER
    max_attempts = 5

    def __init__(self, evaluations: EvaluationJob) -> None:
        self._evaluations = evaluations

    async def run(self, context: JobContext) -> None:
        async with context.unit_of_work() as work:
            asked = (await GateRepository(work).requested([context.subject_id])).get(context.subject_id)
        if asked is None:
            raise NotFound("gate.request_not_found", f"There is no request {context.subject_id}.")
        if asked.decision is not None:
            return
        request = asked.request
        await self._evaluate(context, request, sealed=False)
        async with context.unit_of_work() as work:
            verdicts = await _open_verdicts(work, request)
        if "failed" not in verdicts:
            await self._evaluate(context, request, sealed=True)
        async with context.unit_of_work() as work:
            await _decide(work, request, verdicts)

    async def _evaluate(self, context: JobContext, request: ReleaseRequestRow, *, sealed: bool) -> None:
        """Run the evaluations of the open or of the sealed requirements, one after the other."""
        rows = rows_of(request)
        wanted = _evaluations([one for one in request.requirements if _is_sealed(one) == sealed])
        total, before = sum(rows.values()), 0
        if sealed:
            before = total - sum(rows[id_] for id_ in wanted)
        for id_ in wanted:
            done = before

            async def progress(scored: int, of: int, done: int = done) -> None:
                # How long a sealed row takes is nobody's business either.
                shown = scored - scored % max(1, of // _STEPS) if sealed else scored
                await context.progress(done + shown, total)

            await self._evaluations.evaluate(context, id_, progress)
            before += rows[id_]


async def _decide(work: UnitOfWork, request: ReleaseRequestRow, verdicts: list[str]) -> None:
    """Look at sealed rows if the `verdicts` on open ones let it, and record what came of it."""
    found: AlphaLookRow | None = None
    if "not_looked" in verdicts and "failed" not in verdicts:
        pairs = zip(request.requirements, verdicts, strict=True)
        found = await _look(work, request, [one for one, verdict in pairs if verdict == "not_looked"])
        word = "passed" if found.passed else "failed"
        verdicts = [word if verdict == "not_looked" else verdict for verdict in verdicts]
    decision = ReleaseDecisionRow(
        tenant_id=work.tenant_id, request_id=request.id, verdicts=verdicts, look_id=None if found is None else found.id
    )
    repository = GateRepository(work)
    await repository.add(decision)
    ledgers = [] if found is None else (await repository.contents_spent_from([found.id]))[found.id]
    await append(work, AuditEvent(DECIDED, str(request.id), decided_facts(decision, found, ledgers)))


async def _open_verdicts(work: UnitOfWork, request: ReleaseRequestRow) -> list[str]:
    """Return the verdict of each open requirement; sealed ones are not looked at.

    A comparison with nothing passes whatever the rows say. As a look, it would use up the budget of sealed rows.
    """
    verdicts: list[str] = []
    for one in request.requirements:
        if one["old"] is None and one["requirement"]["rule"] != "at_least":
            verdicts.append("passed")
        elif _is_sealed(one):
            verdicts.append("not_looked")
        else:
            question = await _Question.of(work, one)
            passed = await asyncio.to_thread(question.passes, OPEN_LEVEL)
            verdicts.append("passed" if passed else "failed")
    return verdicts


async def _look(work: UnitOfWork, request: ReleaseRequestRow, wanted: Sequence[Mapping[str, Any]]) -> AlphaLookRow:
    """Look once for all these requirements together: the answer is one bit, whatever was asked."""
    questions = [await _Question.of(work, one) for one in wanted]
    gates = {gate["name"]: gate for gate in request.gates}
    asking = [gates[one["gate"]] for one in wanted]
    opening = Ledger(min(gate["error_budget"] for gate in asking), max(gate["planned_looks"] for gate in asking))
    return await look(
        work,
        request.id,
        _digest_of(request, wanted, questions),
        {UUID(one["dataset"]["version_id"]) for one in wanted},
        opening,
        lambda level: all(question.passes(level) for question in questions),
    )


def _digest_of(request: ReleaseRequestRow, wanted: Sequence[Mapping[str, Any]], questions: Sequence[_Question]) -> str:
    """Return what a look is remembered by: everything that its answer follows from."""
    once = None if all(one["repeatable"] for one in wanted) else str(request.id)
    return digest([request.lock_digest, request.baseline_lock_digest, [question.key for question in questions], once])


class _Question:
    """One requirement with the scores that answer it."""

    def __init__(self, pinned: Mapping[str, Any], new: Values, old: Values | None, judge: Calibration | None) -> None:
        self._requirement = Requirement.model_validate(pinned["requirement"])
        self._scorer: Mapping[str, Any] = pinned["scorer"]
        self._new = new
        self._old = old
        self._judge = judge
        self.key = digest(
            {
                "requirement": pinned["requirement"],
                "rows": pinned["dataset"]["digest"],
                "scorer": pinned["scorer"]["lock_digest"],
                "models": pinned["models"],
                "judge": None if judge is None else asdict(judge),
            }
        )

    @classmethod
    async def of(cls, work: UnitOfWork, pinned: Mapping[str, Any]) -> _Question:
        scorer, split = pinned["scorer"], pinned["requirement"]["split"]
        questions = await GateRepository(work).questions(UUID(pinned["dataset"]["version_id"]), split)
        ids = [UUID(pinned[side]) for side in ("new", "old") if pinned[side] is not None]
        scores = await EvaluationRepository(work).values(ids)
        order = sorted(questions.values())
        sides = [values_of(scorer, scores[id_], order) for id_ in ids]
        judge = None
        if scorer["type"] == JUDGE:
            judge = calibration_of(
                agreement_of(await LabelRepository(work).verdicts(scorer["name"], scorer["lock_digest"]))
            )
        return cls(pinned, sides[0], sides[1] if len(sides) > 1 else None, judge)

    def passes(self, level: float) -> bool:
        if self._scorer["type"] == JUDGE and self._judge is None:
            return False  # people changed their minds since the request: it is calibrated no more
        return shown(self._requirement, self._scorer, self._new, self._old, level, self._judge)


def rows_of(request: ReleaseRequestRow) -> dict[UUID, int]:
    """Return how many rows each evaluation of a request has."""
    return {id_: one["rows"] for one in request.requirements for id_ in _evaluations([one])}


def _evaluations(requirements: Sequence[Mapping[str, Any]]) -> list[UUID]:
    ids = [one[side] for one in requirements for side in ("new", "old") if one[side] is not None]
    return [UUID(id_) for id_ in dict.fromkeys(ids)]


def _is_sealed(requirement: Mapping[str, Any]) -> bool:
    return requirement["requirement"]["split"] == SEALED
