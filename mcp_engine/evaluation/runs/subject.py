"""What can be evaluated: a version of some kind, run on the inputs of a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import InvalidInput
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.models.calls import checked_call
from mcp_engine.prompts.kind import KIND as PROMPT
from mcp_engine.prompts.kind import parse_body
from mcp_engine.prompts.runs import ModelSource
from mcp_engine.prompts.schemas import RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService

EVALUATION_RUN: Final = "evaluation_run"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What every row of one evaluation is run with.

    `parameters` override the version's own; the seed is one of them.
    """

    namespace: str
    name: str
    number: int
    lock_digest: str
    model: str | None
    parameters: Mapping[str, Any]
    kind: str = EVALUATION_RUN
    """Of the executions."""


@dataclass(frozen=True, slots=True)
class SubjectModel:
    """The model that a subject runs on: the name that it is asked for by, and the digest of what it is."""

    name: str
    digest: str


class Subject(Protocol):
    """A kind of artifact that evaluations can run.

    `run` records one execution of the plan's kind. When it fails, it raises the `EngineError` that ended the
    execution, whose id is `execution_id` in the error's details once there is one.
    """

    @property
    def kind(self) -> str: ...

    @property
    def reusable(self) -> bool:
        """Whether an output follows from lock, inputs, model and parameters alone, so that it may be taken again."""
        ...

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Raise `InvalidInput` for parameters that no run takes."""
        ...

    async def model(self, caller: Caller, version: ResolvedVersion, wanted: str | None) -> SubjectModel:
        """Return the model that a version runs on; raises `NotFound` for one that there is not."""
        ...

    async def run(self, caller: Caller, plan: RunPlan, inputs: Mapping[str, Any]) -> UUID:
        """Run a version on one row; return the execution's id."""
        ...

    def output(self, run: ExecutionDetail) -> Any:
        """Return of a run what scorers look at."""
        ...


class PromptSubject:
    """Prompts: a row's inputs are the variables."""

    kind = PROMPT
    reusable = True

    def __init__(self, prompts: PromptService, models: ModelSource) -> None:
        self._prompts = prompts
        self._models = models

    def check(self, parameters: Mapping[str, Any]) -> None:
        checked_call(parameters)

    async def model(self, caller: Caller, version: ResolvedVersion, wanted: str | None) -> SubjectModel:
        served = await self._models.resolve(caller, wanted or parse_body(version.body).model)
        return SubjectModel(served.name, served.identity.digest)

    async def run(self, caller: Caller, plan: RunPlan, inputs: Mapping[str, Any]) -> UUID:
        wanted = RunPrompt(
            version=plan.number, variables=dict(inputs), model=plan.model, parameters=dict(plan.parameters)
        )
        events = self._prompts.run(
            caller, plan.namespace, plan.name, wanted, kind=plan.kind, lock_digest=plan.lock_digest
        )
        async for event in events:
            if isinstance(event, RunCompleted):
                return event.execution_id
        raise AssertionError("a run ends with its end")

    def output(self, run: ExecutionDetail) -> Any:
        return run.output.value


class Subjects:
    """Subjects by kind.

    Raises:
        ValueError: two are of one kind.
    """

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self._subjects: dict[str, Subject] = {}
        for subject in subjects:
            self.add(subject)

    def add(self, subject: Subject) -> None:
        """Add a subject; for those that stand on services which are built later than the registry."""
        if subject.kind in self._subjects:
            raise ValueError(f"two subjects are of the kind {subject.kind!r}")
        self._subjects[subject.kind] = subject

    def get(self, kind: str) -> Subject:
        """Return the subject of a kind, or raise `InvalidInput` (`evaluation.kind_unknown`) naming those there are."""
        try:
            return self._subjects[kind]
        except KeyError:
            known = ", ".join(sorted(self._subjects))
            raise InvalidInput(
                "evaluation.kind_unknown", f"A {kind[:60]!r} can't be evaluated; what can be: {known}."
            ) from None
