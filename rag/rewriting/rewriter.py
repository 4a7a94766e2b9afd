"""Runs the prompt that a strategy names, as an execution of its own below the question's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.telemetry.tracing import span, tracer
from rag.answering import ranked
from rag.found import found_with
from rag.pinned_prompts import PinnedPrompts
from rag.repository import DocumentRepository
from rag.retrieval import retrieve
from rag.rewriting.wordings import read_wordings
from rag.searching import Searching
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategy import Filters, Strategy

REWRITE_RUN: Final = "rewrite"
HOP_RUN: Final = "hop"
"""Of several hops: its input holds sentences of the documents, so that not everyone may see it."""
"""The kind of execution that a rewriting is recorded as."""
ENOUGH: Final = "none"
"""What a model says that needs to look for nothing more."""
HOP_SENTENCES: Final = 5
"""How many of a hop's best sentences the next one reads."""
_tracer = tracer(__name__)


@dataclass(frozen=True, slots=True)
class Searched:
    """What a question is asked of."""

    namespace: str
    collection: str
    strategy: Strategy
    filters: Filters | None = None


class Rewriter:
    """Words questions in other ways.

    Args:
        searching: what a question of several hops looks into between them, with `store`.
    """

    def __init__(self, prompts: PinnedPrompts, searching: Searching, store: VectorStore = POSTGRESQL) -> None:
        self._prompts = prompts
        self._searching = searching
        self._store = store

    async def wordings(
        self,
        caller: Caller,
        searched: Searched,
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
            EngineError: what the run raises; its execution has failed with that code; and, of several hops, what
                `Searching.moment` raises.
        """
        rewriting = searched.strategy.rewriting
        if rewriting is None or (rewriting.kind == "condense" and not earlier):
            return []
        values = {"question": question, "earlier": "\n".join(earlier)}

        async def written(values: Mapping[str, str], kind: str = REWRITE_RUN, shown: Sequence[UUID] = ()) -> str:
            return await self._prompts.output(
                caller, searched.namespace, rewriting.prompt, values,
                kind=kind, version=version, parent_id=parent_id, shown=shown,
            )  # fmt: skip

        with span(_tracer, "rewrite"):
            if rewriting.kind != "multi_hop":
                return read_wordings(await written(values), rewriting, question)
            found: dict[str, UUID] = {}
            wordings: list[str] = []
            while len(wordings) < rewriting.queries:
                wanted, context = (wordings[-1], ()) if wordings else (question, earlier)
                found.update(await self._sentences(caller, searched, wanted, context))
                text = await written({**values, "found": "\n".join(found)}, HOP_RUN, [*{*found.values()}])
                following = read_wordings(text, rewriting, question, ENOUGH, *wordings)
                if not following:
                    break
                wordings += following
            return wordings

    async def _sentences(
        self, caller: Caller, searched: Searched, question: str, context: Sequence[str]
    ) -> dict[str, UUID]:
        """Return the best sentences for a question, and the versions that they stand in."""
        options = searched.strategy
        async with self._searching.moment(
            caller, searched.namespace, searched.collection, question, context=context
        ) as moment:
            work = moment.work
            hits = await retrieve(
                work.session, moment.place.id, moment.question, options.retrieval, options.retrieval.passages,
                searched.filters, self._store.index(work.session, work.tenant_id),
            )  # fmt: skip
            found = await found_with(DocumentRepository(work.session, work.tenant_id), hits)
        best = ranked(hits.best, found.texts, hits.weights, options.answering)[:HOP_SENTENCES]
        return {" ".join(one.text.split()): one.version_id for one in best}
