"""Prompts that a strategy names, run as its lock pins them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.models.tokens import TokenCounter
from mcp_engine.prompts.kind import KIND as PROMPT
from mcp_engine.prompts.runs import RunDelta
from mcp_engine.prompts.schemas import RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService


class PinnedPrompts:
    """Runs them; each run is an execution of its own, below the question's."""

    def __init__(self, prompts: PromptService) -> None:
        self._prompts = prompts

    async def run(
        self,
        caller: Caller,
        namespace: str,
        prompt: str,
        values: Mapping[str, str],
        *,
        kind: str,
        version: ResolvedVersion | None = None,
        parent_id: UUID | None = None,
        shown: Sequence[UUID] = (),
    ) -> AsyncGenerator[RunDelta | RunCompleted]:
        """Yield the text as it comes, and the end.

        Args:
            prompt: as the strategy names it: `NAME`, `NAME@label` or `NAME/version`.
            values: of the variables; those that the prompt does not declare are left out.
            kind: of execution that the run is recorded as.
            version: of the strategy, whose lock pins the prompt's version; None for one that nobody pushed.
            parent_id: the execution of the question.
            shown: the document versions whose text the values hold: who may not read one, may not read the run.

        Raises:
            NotFound: the prompt does not exist.
            EngineError: what the run raises; its execution has failed with that code.
        """
        reference, number, lock_digest = _wanted(prompt, version)
        found = await self._prompts.get(
            caller, namespace, reference.name,
            version=number or reference.version, label=None if number else reference.label, lock_digest=lock_digest,
        )  # fmt: skip
        declared = found.inputs.get("properties", {})
        wanted = RunPrompt(
            version=found.number, variables={name: text for name, text in values.items() if name in declared}
        )
        events = self._prompts.run(
            caller, namespace, reference.name, wanted,
            parent_id=parent_id, kind=kind, lock_digest=lock_digest, shown=shown,
        )  # fmt: skip
        async with aclosing(events):
            async for event in events:
                yield event

    async def output(
        self,
        caller: Caller,
        namespace: str,
        prompt: str,
        values: Mapping[str, str],
        *,
        kind: str,
        version: ResolvedVersion | None = None,
        parent_id: UUID | None = None,
        shown: Sequence[UUID] = (),
    ) -> str:
        """Return the whole text; arguments and errors as of `run`."""
        events = self.run(
            caller, namespace, prompt, values, kind=kind, version=version, parent_id=parent_id, shown=shown
        )
        async with aclosing(events):
            async for event in events:
                if isinstance(event, RunCompleted):
                    return event.output
        raise AssertionError("a run ends with its end")

    async def tokens(
        self, caller: Caller, namespace: str, prompt: str, version: ResolvedVersion | None = None
    ) -> TokenCounter:
        """Return what counts tokens as the prompt's model does; arguments and errors as of `run`."""
        reference, number, lock_digest = _wanted(prompt, version)
        return await self._prompts.tokens(
            caller, namespace, reference.name,
            version=number or reference.version, label=None if number else reference.label, lock_digest=lock_digest,
        )  # fmt: skip


def _wanted(prompt: str, version: ResolvedVersion | None) -> tuple[Reference, int | None, str | None]:
    """Return what a strategy names, and what its lock pins: nothing for one that nobody pushed."""
    reference = Reference.parse(PROMPT, prompt)
    if version is None:
        return reference, None, None
    return reference, *_pinned(version, reference)


def _pinned(version: ResolvedVersion, reference: Reference) -> tuple[int, str]:
    """Return the number and the lock of the version that a strategy's own lock pins."""
    wanted = f"{PROMPT}:{reference}"
    number = next(one.number for one in version.dependencies if one.reference == wanted)
    lock = next(entry["lock"] for entry in version.lock["dependencies"] if entry["reference"] == wanted)
    return number, lock
