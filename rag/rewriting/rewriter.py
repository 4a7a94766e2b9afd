"""Runs the prompt that a strategy names, as an execution of its own below the question's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.telemetry.tracing import span, tracer
from rag.pinned_prompts import PinnedPrompts
from rag.rewriting.wordings import read_wordings
from rag.strategy import Rewriting

REWRITE_RUN: Final = "rewrite"
"""The kind of execution that a rewriting is recorded as."""
_tracer = tracer(__name__)


class Rewriter:
    """Words questions in other ways."""

    def __init__(self, prompts: PinnedPrompts) -> None:
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
        with span(_tracer, "rewrite"):
            written = await self._prompts.output(
                caller, namespace, rewriting.prompt, {"question": question, "earlier": "\n".join(earlier)},
                kind=REWRITE_RUN, version=version, parent_id=parent_id,
            )  # fmt: skip
        return read_wordings(written, rewriting, question)
