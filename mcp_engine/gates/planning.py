"""From a wish for a release to everything pinned that its gates want to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import LATEST, Reference
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.canonical import digest
from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.evaluation.datasets.kind import KIND as DATASET
from mcp_engine.evaluation.datasets.service import no_split
from mcp_engine.evaluation.labels.service import LabelService
from mcp_engine.evaluation.runs.planning import Plan, Planner
from mcp_engine.evaluation.scorers.judge import JUDGE
from mcp_engine.evaluation.scorers.kind import KIND as SCORER
from mcp_engine.gates.in_force import GateInForce
from mcp_engine.gates.kind import Requirement
from mcp_engine.identifiers import new_id


@dataclass(slots=True)
class Evidence:
    """What is to be measured: evaluations by id, and the requirements that they answer."""

    plans: dict[UUID, Plan] = field(default_factory=dict[UUID, Plan])
    requirements: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _ids: dict[str, UUID] = field(default_factory=dict[str, UUID])

    def evaluation(self, plan: Plan) -> UUID:
        """Return the id of the evaluation that a plan means; requirements of one scorer set share it."""
        key = digest(
            {
                "lock": plan.subject.lock_digest,
                "rows": [str(plan.dataset.version_id), plan.split],
                "model": plan.model.digest,
                "parameters": dict(plan.parameters),
                "scorers": [scorer["lock_digest"] for scorer in plan.scorers],
            }
        )
        id_ = self._ids.setdefault(key, new_id())
        self.plans[id_] = plan
        return id_


class EvidencePlanner:
    """Resolves what gates name, and refuses what can't prove anything."""

    def __init__(self, artifacts: ArtifactService, planner: Planner, labels: LabelService) -> None:
        self._artifacts = artifacts
        self._planner = planner
        self._labels = labels

    async def pinned(self, caller: Caller, namespace: str, requirement: Requirement) -> dict[str, str]:
        """Look at what a requirement names, as it is now; return dataset and scorer with the numbers of what floats.

        Raises:
            NotFound: the dataset, its split or the scorer does not exist.
            InvalidInput: `gate.pass_at_missing`, `gate.judge_rule`.
        """
        dataset, scorer = await self._named(caller, namespace, requirement)
        if requirement.split not in dataset.body["splits"]:
            raise no_split(dataset, requirement.split)
        _check_scorer(requirement, scorer)
        return {
            "dataset": _fixed(Reference.parse(DATASET, requirement.dataset), dataset.number),
            "scorer": _fixed(Reference.parse(SCORER, requirement.scorer), scorer["number"]),
        }

    async def plan(
        self,
        caller: Caller,
        namespace: str,
        gates: list[GateInForce],
        new: ResolvedVersion,
        old: ResolvedVersion | None,
    ) -> Evidence:
        """Return the evaluations of the new version, and of what the label points at, that the gates want.

        Raises:
            NotFound, InvalidInput: as `pinned`; the model or parameters don't fit.
            Conflict: `gate.judge_uncalibrated`.
        """
        evidence = Evidence()
        for gate in gates:
            for requirement in gate.body.requires:
                await self._add(caller, namespace, evidence, gate, requirement, new, old)
        return evidence

    async def _add(
        self,
        caller: Caller,
        namespace: str,
        evidence: Evidence,
        gate: GateInForce,
        requirement: Requirement,
        new: ResolvedVersion,
        old: ResolvedVersion | None,
    ) -> None:
        dataset, scorer = await self._named(caller, namespace, requirement)
        _check_pins(gate, requirement, dataset, scorer)
        _check_scorer(requirement, scorer)
        if scorer["type"] == JUDGE:
            await self._check_judge(caller, namespace, scorer)
        compared = old if requirement.rule != "at_least" else None
        sides = [
            await self._planner.of_versions(
                caller, side, dataset, requirement.split, [scorer], requirement.model, requirement.parameters
            )
            for side in (new, compared)
            if side is not None
        ]
        ids = [evidence.evaluation(plan) for plan in sides]
        evidence.requirements.append(
            {
                "gate": gate.version.name,
                "requirement": requirement.model_dump(mode="json"),
                "dataset": {
                    "name": dataset.name,
                    "number": dataset.number,
                    "version_id": str(dataset.version_id),
                    "digest": dataset.body["splits"][requirement.split]["digest"],
                },
                "scorer": dict(scorer),
                "models": [plan.model.digest for plan in sides],
                # Where an output does not follow from what is pinned, the same question may have another answer.
                "repeatable": all(plan.reuse for plan in sides),
                "new": str(ids[0]),
                "old": str(ids[1]) if len(ids) > 1 else None,
            }
        )

    async def _named(
        self, caller: Caller, namespace: str, requirement: Requirement
    ) -> tuple[ResolvedVersion, Mapping[str, Any]]:
        dataset = await self._artifacts.resolve(caller, namespace, Reference.parse(DATASET, requirement.dataset))
        return dataset, await self._planner.scorer(caller, namespace, requirement.scorer)

    async def _check_judge(self, caller: Caller, namespace: str, scorer: Mapping[str, Any]) -> None:
        reference = Reference(SCORER, scorer["name"], scorer["number"])
        known = await self._labels.calibration(caller, namespace, reference)
        if known.reason is not None:
            raise Conflict(
                "gate.judge_uncalibrated",
                f"The judge {scorer['name']!r} may inform, not decide, until people have shown how far to believe it: "
                f"{known.reason}",
            )


def _fixed(reference: Reference, number: int) -> str:
    floats = reference.version is None and reference.label in (None, LATEST)
    return f"{reference.name}/{number}" if floats else str(reference)


def _check_pins(
    gate: GateInForce, requirement: Requirement, dataset: ResolvedVersion, scorer: Mapping[str, Any]
) -> None:
    """Raise `Conflict` (`gate.moving`) when a label that the gate follows moves at this very moment."""
    named = {
        f"{DATASET}:{Reference.parse(DATASET, requirement.dataset)}": dataset.lock_digest,
        f"{SCORER}:{Reference.parse(SCORER, requirement.scorer)}": scorer["lock_digest"],
    }
    if any(gate.pins.get(reference) != lock for reference, lock in named.items()):
        raise Conflict("gate.moving", f"What {requirement.name!r} names has just moved; ask again.")


def _check_scorer(requirement: Requirement, scorer: Mapping[str, Any]) -> None:
    binary = requirement.rule != "better"
    if binary and scorer["scale"] == "amount" and requirement.pass_at is None:
        raise InvalidInput(
            "gate.pass_at_missing",
            f"{requirement.name!r}: {scorer['name']!r} is an amount; say with `pass_at` from where a row is right.",
        )
    if scorer["type"] == JUDGE and requirement.rule == "not_worse":
        raise InvalidInput(
            "gate.judge_rule", f"{requirement.name!r}: a judge errs, and a margin of its verdicts is none of the truth."
        )
