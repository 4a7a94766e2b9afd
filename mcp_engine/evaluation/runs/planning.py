"""From a request to everything pinned: which version, rows, scorers and model an evaluation is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import InvalidInput, NotFound
from mcp_engine.evaluation.datasets.kind import KIND as DATASET
from mcp_engine.evaluation.datasets.service import check_open, no_split
from mcp_engine.evaluation.runs.schemas import StartEvaluation
from mcp_engine.evaluation.runs.subject import SubjectModel, Subjects
from mcp_engine.evaluation.scorers.kind import KIND as SCORER
from mcp_engine.evaluation.scorers.pair_judge import PAIR_JUDGE
from mcp_engine.evaluation.scorers.registry import ScorerTypes


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request means now."""

    subject: ResolvedVersion
    dataset: ResolvedVersion
    split: str
    model: SubjectModel
    parameters: Mapping[str, Any]
    scorers: Sequence[Mapping[str, Any]]
    rows: int
    reuse: bool


class Planner:
    """Resolves requests."""

    def __init__(self, artifacts: ArtifactService, subjects: Subjects, types: ScorerTypes) -> None:
        self._artifacts = artifacts
        self._subjects = subjects
        self._types = types

    async def plan(self, caller: Caller, namespace: str, wanted: StartEvaluation) -> Plan:
        """Resolve the subject, its model, the dataset and the scorers.

        Raises:
            NotFound: one of them does not exist; names what does.
            InvalidInput: `evaluation.kind_unknown`, `evaluation.scorer_twice`, `model.parameters_invalid`.
            NotAllowed: `dataset.sealed`.
        """
        self._subjects.get(wanted.kind)
        subject = await self._artifacts.resolve(caller, namespace, Reference.parse(wanted.kind, wanted.subject))
        dataset = await self._artifacts.resolve(caller, namespace, Reference.parse(DATASET, wanted.dataset))
        check_open(dataset, wanted.split)
        scorers = [await self.scorer(caller, namespace, reference) for reference in wanted.scorers]
        names = [scorer["name"] for scorer in scorers]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidInput("evaluation.scorer_twice", f"The scorer {twice!r} is named twice; name it once.")
        plan = await self.of_versions(caller, subject, dataset, wanted.split, scorers, wanted.model, wanted.parameters)
        return replace(plan, rows=min(plan.rows, wanted.limit or plan.rows), reuse=wanted.reuse and plan.reuse)

    async def of_versions(
        self,
        caller: Caller,
        subject: ResolvedVersion,
        dataset: ResolvedVersion,
        split: str,
        scorers: Sequence[Mapping[str, Any]],
        model: str | None,
        parameters: Mapping[str, Any],
    ) -> Plan:
        """Return the plan for a whole split of versions that are resolved; the split may be the sealed one.

        Raises:
            NotFound: `dataset.split_not_found`; there is no such model.
            InvalidInput: `evaluation.kind_unknown`, `model.parameters_invalid`.
        """
        runner = self._subjects.get(subject.kind)
        runner.check(parameters)
        if split not in dataset.body["splits"]:
            raise no_split(dataset, split)
        rows: int = dataset.body["splits"][split]["rows"]
        found = await runner.model(caller, subject, model)
        return Plan(subject, dataset, split, found, parameters, scorers, rows, runner.reusable)

    async def scorer(self, caller: Caller, namespace: str, text: str) -> dict[str, Any]:
        """Return what an evaluation keeps of a scorer, by its reference or the name of a type that needs no telling.

        Raises:
            NotFound: `scorer.not_found`, naming the types there are too; of a version or label, what exists.
            InvalidInput: `evaluation.scorer_compares` for a judge of pairs.
        """
        found = await self._found(caller, namespace, Reference.parse(SCORER, text))
        kind = self._types.get(found.body["type"])
        if kind.name == PAIR_JUDGE:
            raise InvalidInput(
                "evaluation.scorer_compares",
                f"{found.name!r} compares two outputs and scores none: evaluate both versions by other scorers, "
                "then start a judged comparison.",
            )
        return {
            "name": found.name,
            "number": found.number,
            "lock_digest": found.lock_digest,
            "type": kind.name,
            "direction": found.body["direction"],
            "scale": kind.scale,
            "unit": kind.unit,
            "parameters": found.body["parameters"],
            "pinned": {one.reference: one.number for one in found.dependencies},
            "locks": {entry["reference"]: entry["lock"] for entry in found.lock["dependencies"]},
        }

    async def _found(self, caller: Caller, namespace: str, reference: Reference) -> ResolvedVersion:
        """Return a scorer; the name of a type stands for the scorer of that type that is told nothing."""
        try:
            return await self._artifacts.resolve(caller, namespace, reference)
        except NotFound as error:
            if error.code != f"{SCORER}.not_found" or str(reference) != f"{reference.name}@latest":
                raise
            if not any(kind.name == reference.name for kind in self._types.all()):
                known = ", ".join(kind.name for kind in self._types.all())
                raise NotFound(error.code, f"{error.message} Types that can be named as they are: {known}.") from error
        body = {"type": reference.name}
        message = "Made by the first evaluation that named the type."
        await self._artifacts.push(caller, SCORER, namespace, reference.name, body, message)
        return await self._artifacts.resolve(caller, namespace, reference)
