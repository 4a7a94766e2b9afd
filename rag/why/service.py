"""Asks a question once more, and tells what became of the passage that was expected."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.telemetry.tracing import span, tracer
from rag.answering import Draft
from rag.found import Found
from rag.judging.judge import Judge
from rag.question_text import checked_question
from rag.reranking.reranker import Reranker
from rag.rewriting.rewriter import Rewriter, Searched
from rag.schemas import JudgingReport, Passage, RerankingReport
from rag.searching import Searching
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategies import ResolvedStrategy, Strategies
from rag.why.expected import find_expected
from rag.why.schemas import Why, WhyRequest
from rag.why.stages import stages_of
from rag.why.trace import Reading, Trace, reading, traced

_tracer = tracer(__name__)


class WhyService:
    """Explains answers; it records nothing, and shows nothing that asking would not."""

    def __init__(
        self,
        database: Database,
        strategies: Strategies,
        searching: Searching,
        rewriter: Rewriter,
        reranker: Reranker,
        judge: Judge,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._database = database
        self._strategies = strategies
        self._searching = searching
        self._rewriter = rewriter
        self._reranker = reranker
        self._judge = judge
        self._store = store

    async def explain(self, caller: Caller, namespace: str, collection: str, request: WhyRequest) -> Why:
        """Return what every stage did with a passage, up to the one that dropped it.

        Retrieval and answering run as they do for `ask`, on what is searched now: an answer of before is explained
        as long as its documents are still the same.

        Raises:
            InvalidInput: `ask.empty_question`, `why.empty_text`.
            TooLarge: `ask.question_too_long`.
            NotFound: the collection, the strategy, the document (`document.not_found`, `document.not_indexed`), the
                words (`why.text_not_found`) or a passage at that place (`why.no_passage`) do not exist.
            Gone: `document.removed`, `content.erased`.
        """
        question, context = checked_question(request.question), [checked_question(one) for one in request.context]
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            resolved = await self._strategies.resolve_in(work, namespace, request.strategy)
        strategy, version = resolved.strategy, resolved.version
        wanted = Searched(namespace, collection, strategy, request.filters)
        wordings = await self._rewriter.wordings(caller, wanted, question, context, version=version)

        async def order(found: Found) -> tuple[Found, RerankingReport | None]:
            return await self._reranker.reranked(caller, namespace, strategy, question, found, version=version)

        async def judge(draft: Draft, passages: Sequence[Passage]) -> tuple[Draft, JudgingReport | None]:
            whole = " ".join((*context, question))
            return await self._judge.judged(caller, namespace, strategy, whole, draft, passages, version=version)

        with span(_tracer, "why"):
            async with self._searching.moment(
                caller, namespace, collection, question, context=context, others=wordings
            ) as moment:
                work, place = moment.work, moment.place
                expected = await find_expected(work, place, moment.question, request)
                read = await reading(
                    work, place.id, moment.question, strategy, request.filters, expected,
                    self._store.index(work.session, work.tenant_id), moment.others,
                )  # fmt: skip
            # Outside of the transaction: a model may take its time.
            trace = await traced(read, strategy, order, judge)
        return _view(collection, resolved, read, trace)


def _view(collection: str, resolved: ResolvedStrategy, read: Reading, trace: Trace) -> Why:
    chunk, stages = trace.chunk, list(stages_of(trace))
    return Why(
        question=trace.question.text, context=list(trace.question.context), collection=collection,
        strategy=f"{resolved.version.name}/{resolved.version.number}", version=read.version,
        page=chunk.page, start=chunk.start, end=chunk.end, text=trace.text,
        dropped_at=stages[-1].stage if stages[-1].outcome == "dropped" else None, stages=stages,
    )  # fmt: skip
