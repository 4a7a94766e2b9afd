"""Runs the prompt that a strategy names, as an execution of its own below the question's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.prompts.kind import KIND as PROMPT
from mcp_engine.prompts.schemas import RunCompleted, RunPrompt
from mcp_engine.prompts.service import PromptService
from mcp_engine.telemetry.tracing import span, tracer
from rag.rewriting.wordings import read_wordings
from rag.strategy import Rewriting

REWRITE_RUN: Final = "rewrite"
"""The kind of execution that a rewriting is recorded as."""
_tracer = tracer(__name__)


class Rewriter:
    """Words questions in other ways."""

    def __init__(self, prompts: PromptService) -> None:
        self._prompts = prompts

    async def wordings(
        self,
        caller: Caller,
        namespace: str,
        rewriting: Rewriting | None,
        question: str,
        earlier: Sequence[str] = (),
        *,
        version: ResolvedVersion | None = None,
        parent_id: UUID | None = None,
    ) -> list[str]:
        """Return other wordings of `question`; none where the strategy wants none, or the model had none.

        Args:
            earlier: the questions that this one follows.
            version: of the strategy, whose lock pins the prompt's version; None for one that nobody pushed.
            parent_id: the execution of the question.

        Raises:
            NotFound: the prompt does not exist.
            EngineError: what the run raises; its execution has failed with that code.
        """
        if rewriting is None or (rewriting.kind == "condense" and not earlier):
            return []
        reference = Reference.parse(PROMPT, rewriting.prompt)
        number, lock_digest = (None, None) if version is None else _pinned(version, reference)
        with span(_tracer, "rewrite"):
            prompt = await self._prompts.get(
                caller, namespace, reference.name,
                version=number or reference.version, label=None if number else reference.label, lock_digest=lock_digest,
            )  # fmt: skip
            values = {"question": question, "earlier": "\n".join(earlier)}
            declared = prompt.inputs.get("properties", {})
            wanted = RunPrompt(
                version=prompt.number, variables={name: text for name, text in values.items() if name in declared}
            )
            events = self._prompts.run(
                caller, namespace, reference.name, wanted,
                parent_id=parent_id, kind=REWRITE_RUN, lock_digest=lock_digest,
            )  # fmt: skip
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, RunCompleted):
                        return read_wordings(event.output, rewriting, question)
        raise AssertionError("a run ends with its end")


def _pinned(version: ResolvedVersion, reference: Reference) -> tuple[int, str]:
    """Return the number and the lock of the version that a strategy's own lock pins."""
    wanted = f"{PROMPT}:{reference}"
    number = next(one.number for one in version.dependencies if one.reference == wanted)
    lock = next(entry["lock"] for entry in version.lock["dependencies"] if entry["reference"] == wanted)
    return number, lock
