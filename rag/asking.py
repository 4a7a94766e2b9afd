"""Questions: retrieve, choose sentences, check every citation against the stored text, record the run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.splits import Expose, LabelSplits, Unit
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.executions.running import RunningExecution
from mcp_engine.executions.schemas import ExecutionDetail, ModelRef, Outcome, StartExecution, VersionRef
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.http.streaming import StreamEvent
from mcp_engine.idempotency.claims import Claim
from mcp_engine.telemetry.tracing import span, tracer
from rag.answer_cache.giving import given_again, start_of
from rag.answer_cache.key import CacheQuestion, IndexState
from rag.answer_cache.service import AnswerCacheService, Hit
from rag.answer_events import events_of, outcome_of, recorded_answer, retrieval_event
from rag.answering import Draft, rounded
from rag.asked.noting import noting
from rag.collections import find_collection
from rag.conversation import ASKED, context_of
from rag.embedding import Embedder
from rag.found import found_with, retrieved
from rag.hops import drafted
from rag.judging.judge import Judge
from rag.options import with_options
from rag.question_text import checked_question
from rag.readers.repository import ReaderRepository
from rag.refusal import Refusal, nothing_found, refusal_of
from rag.repository import DocumentRepository
from rag.reranking.reranker import Reranker
from rag.retrieval import Question, narrowing, retrieve
from rag.rewriting.rewriter import Rewriter, Searched
from rag.schemas import Answer, JudgingReport, Passage, RerankingReport
from rag.searching import Searching
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategies import ResolvedStrategy, Strategies
from rag.strategy import Filters, Strategy
from rag.writing import Writer, Written

_tracer = tracer(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that was checked, and everything it resolved to."""

    question: str
    namespace: str
    collection: str
    embedder: Embedder
    reference: str
    resolved: ResolvedStrategy
    filters: Filters | None = None
    follows: UUID | None = None
    context: tuple[str, ...] = ()
    expose: Expose | None = None
    options: Mapping[str, Any] | None = None
    wordings: Sequence[str] = ()
    noted_in: UUID | None = None
    """The collection that keeps how its answer came out; None for what measures a strategy."""
    cache_as: CacheQuestion | None = None
    """How its answer is kept; None where it is not."""

    @property
    def inputs(self) -> dict[str, Any]:
        """What somebody who asks the same again has to say, and the questions that it was asked together with."""
        said: dict[str, Any] = {"question": self.question, "collection": self.collection}
        chosen = {} if self.filters is None else self.filters.model_dump(mode="json", exclude_defaults=True)
        if chosen:
            said["filters"] = chosen
        if self.follows is not None:
            said |= {"follows": str(self.follows), "context": list(self.context)}
        if self.options:
            said["options"] = dict(self.options)
        return said


@dataclass(frozen=True, slots=True)
class _Drafted:
    """What was found in one moment of the collection, and the sentences of it that may answer."""

    question: Question
    draft: Draft
    passages: list[Passage]
    state: IndexState | None
    reranking: RerankingReport | None
    judging: JudgingReport | None


class AskService:
    """Answers questions of a collection with verbatim, checked citations, or refuses."""

    def __init__(
        self,
        database: Database,
        executions: ExecutionService,
        strategies: Strategies,
        searching: Searching,
        rewriter: Rewriter,
        reranker: Reranker,
        judge: Judge,
        writer: Writer,
        cache: AnswerCacheService,
        splits: LabelSplits | None = None,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._database = database
        self._executions = executions
        self._strategies = strategies
        self._searching = searching
        self._rewriter = rewriter
        self._reranker = reranker
        self._judge = judge
        self._writer = writer
        self._cache = cache
        self._splits = splits
        self._store = store
        self._with_answer: list[Callable[[UnitOfWork, Answer], Awaitable[None]]] = []

    def with_answer(self, do: Callable[[UnitOfWork, Answer], Awaitable[None]]) -> None:
        """Call `do` in each transaction that records an answer; not for what measures a strategy."""
        self._with_answer.append(do)

    async def answer(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        question: str,
        strategy: str = "default",
        *,
        filters: Filters | None = None,
        options: Mapping[str, Any] | None = None,
        follows: UUID | None = None,
        unit: Unit | None = None,
        key: IdempotencyKey | None = None,
        kind: str = ASKED,
    ) -> Answer:
        """Return the answer as a whole; raises what `ask` raises."""
        completed: dict[str, Any] = {}
        async for event in self.ask(
            caller, namespace, collection, question, strategy, filters=filters, options=options, follows=follows,
            unit=unit, key=key, kind=kind,
        ):  # fmt: skip
            if event.event == "completed":
                completed = event.data
        return Answer.model_validate(completed)

    async def ask(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        question: str,
        strategy: str = "default",
        *,
        filters: Filters | None = None,
        options: Mapping[str, Any] | None = None,
        follows: UUID | None = None,
        unit: Unit | None = None,
        key: IdempotencyKey | None = None,
        kind: str = ASKED,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Answer, event by event: `retrieval` (passages), then for each sentence `citation` and `delta`
        (the text so far grows by it), and `completed` (the whole `Answer`). A refusal has no text, and citations only
        of what contradicts each other.

        The run is recorded from start to end as an execution of kind `ask`; nothing leaves before
        each of its citations was read back from the stored version and found equal. A repeat with the
        `key` of a question that was answered gives that answer, and records nothing. Where the strategy keeps
        answers, one that was given before is given again (`cached_from`) as long as all that it depends on is the same.

        Args:
            filters: narrow the documents that the strategy searches; recorded with the question.
            options: of the strategy, changed for this question alone, as `with_options` takes them; recorded with it.
            follows: an answer of the caller's (its execution) that this question goes on from.
            unit: who gets the arm of an experiment that runs on the strategy's label.
            kind: under which the execution is recorded.

        Raises:
            InvalidInput, Conflict, Gone: as `ExecutionService.repeated`.
            InvalidInput: `ask.empty_question`.
            TooLarge: `ask.question_too_long`.
            InvalidInput: what `with_options` raises.
            NotFound: the namespace, the collection or the strategy does not exist; `ask.follows_nothing`.
            Refused: `ask.citation_mismatch` when a stored text is not what was indexed.
            EngineError: what the prompt raises that words the question in other ways, and what `Judge.judged` raises.
        """
        with span(_tracer, "ask"):
            claim = None
            if key is not None:
                claim = await self._executions.repeated(caller, key)
                if isinstance(claim, ExecutionDetail):
                    for event in events_of(recorded_answer(claim)):
                        yield event
                    return
            asked = await self._checked(caller, namespace, collection, question, strategy, unit)
            context = () if follows is None else await context_of(self._executions, caller, question, follows)
            asked = replace(asked, filters=filters, follows=follows, context=context)
            if kind != ASKED:
                asked = replace(asked, noted_in=None)
            if options:
                resolved = replace(asked.resolved, strategy=with_options(asked.resolved.strategy, options))
                asked = replace(asked, resolved=resolved, options=options)
            asked = replace(asked, cache_as=_cache_question(asked, kind))
            hit = None if asked.cache_as is None else await self._cache.find(caller, asked.cache_as)
            start = self._start(asked, claim, kind)
            if hit is not None:
                start = start_of(hit, start, asked.expose)
            async with await self._executions.start(caller, start) as running:
                events = self._run(caller, asked, running) if hit is None else self._again(hit, asked, running)
                async for event in events:
                    yield event

    async def _run(self, caller: Caller, asked: _Asked, running: RunningExecution) -> AsyncGenerator[StreamEvent, None]:
        resolved = asked.resolved
        searched = Searched(asked.namespace, asked.collection, resolved.strategy, asked.filters)
        wordings = await self._rewriter.wordings(
            caller, searched, asked.question, asked.context, version=resolved.version, parent_id=running.id
        )
        asked = replace(asked, wordings=wordings)
        found = await self._draft(caller, asked, running.id)
        yield retrieval_event(running.id, found.passages)
        refusal = await self._refusal(caller, asked, found)
        written = Written()
        events = self._writer.write(
            caller, asked.namespace, resolved, asked.question, found.draft, found.passages, refusal, running.id
        )
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Written):
                    written = event
                else:
                    running.first_token()
                    yield event
        answer = _answer(asked, running.id, found, refusal, written)
        await running.finish(self._outcome(asked, answer))
        # An answer without passages comes from no search: there is nothing to save, and more that it depends on. What a
        # model failed to order or to write it may do the next time.
        if asked.cache_as is not None and found.state is not None and found.passages and not _failed(answer):
            await self._cache.keep(caller, asked.cache_as, found.state, running.id)
        yield StreamEvent(event="completed", data=answer.model_dump(mode="json"))

    async def _checked(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        question: str,
        strategy: str,
        unit: Unit | None,
    ) -> _Asked:
        checked_question(question)
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            resolved = await self._strategies.resolve_in(work, namespace, strategy)
        embedder = await self._searching.embedder_of(place)
        placed = None
        if unit is not None and self._splits is not None:
            placed = await self._splits.place(caller, resolved.version, unit)
        if placed is None:
            return _Asked(question, namespace, collection, embedder, strategy, resolved, noted_in=place.id)
        resolved = ResolvedStrategy(Strategy.model_validate(placed.version.body), placed.version)
        return _Asked(
            question, namespace, collection, embedder, strategy, resolved, expose=placed.expose, noted_in=place.id
        )

    def _start(self, asked: _Asked, claim: Claim | None, kind: str) -> StartExecution:
        version = asked.resolved.version
        return StartExecution(
            namespace=asked.namespace,
            kind=kind,
            inputs=asked.inputs,
            version=VersionRef(
                kind=version.kind, namespace=version.namespace, name=version.name, number=version.number,
                version_id=version.version_id, digest=version.digest, lock_digest=version.lock_digest,
                label=version.label,
            ),
            model=ModelRef(
                provider=asked.embedder.provider, model=asked.embedder.name, digest=asked.embedder.digest,
                weights_digest=asked.embedder.weights_digest,
            ),
            claim=claim,
            also=asked.expose,
        )  # fmt: skip

    async def _draft(self, caller: Caller, asked: _Asked, parent_id: UUID) -> _Drafted:
        options, moment_of = asked.resolved.strategy, self._searching.moment
        async with moment_of(
            caller,
            asked.namespace,
            asked.collection,
            asked.question,
            asked.embedder,
            asked.context,
            asked.wordings,
        ) as moment:
            with span(_tracer, "retrieve"):
                work, question = moment.work, moment.question
                hits = await retrieve(
                    work.session, moment.place.id, question, options.retrieval, retrieved(options),
                    asked.filters, self._store.index(work.session, work.tenant_id), moment.others,
                )  # fmt: skip
                found = await found_with(DocumentRepository(work.session, work.tenant_id), hits)
                state = None if asked.cache_as is None else await self._cache.state(work, moment.place)
        # Outside of the transaction: a model may take its time.
        found, report = await self._reranker.reranked(
            caller, asked.namespace, options, asked.question, found,
            version=asked.resolved.version, parent_id=parent_id,
        )  # fmt: skip
        found = found.first(options.retrieval.passages)
        with span(_tracer, "answer"):
            offered = 0 if options.composing is None else options.composing.sentences
            answer = drafted(question, moment.others, found, options, offered=offered)
        answer, judging = await self._judge.judged(
            caller, asked.namespace, options, " ".join((*asked.context, asked.question)), answer, found.passages,
            version=asked.resolved.version, parent_id=parent_id,
        )  # fmt: skip
        return _Drafted(question, answer, found.passages, state, report, judging)

    async def _refusal(self, caller: Caller, asked: _Asked, found: _Drafted) -> Refusal | None:
        """Return why there is no answer; None where there is one."""
        options = asked.resolved.strategy
        if found.passages:
            return refusal_of(found.question, found.draft, options.answering.threshold)
        async with self._work(caller) as work:
            place = await find_collection(work, asked.namespace, asked.collection)
            hidden = await ReaderRepository(work.session, work.tenant_id).may_read_nothing(place.id)
        return nothing_found(may_read_nothing=hidden, filtered=bool(narrowing(options.retrieval, asked.filters)))

    def _again(self, hit: Hit, asked: _Asked, running: RunningExecution) -> AsyncGenerator[StreamEvent, None]:
        version = asked.resolved.version
        strategy = f"{version.name}/{version.number}"
        return given_again(hit, running, asked.question, asked.collection, strategy, partial(self._outcome, asked))

    def _outcome(self, asked: _Asked, answer: Answer) -> Outcome:
        if asked.noted_in is None:
            return outcome_of(answer)
        note = noting(asked.noted_in, answer)

        async def also(work: UnitOfWork, execution_id: UUID) -> None:
            await note(work, execution_id)
            for do in self._with_answer:
                await do(work, answer)

        return replace(outcome_of(answer), also=also)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _answer(asked: _Asked, execution_id: UUID, found: _Drafted, refusal: Refusal | None, written: Written) -> Answer:
    version = asked.resolved.version
    return Answer(
        execution_id=execution_id, question=asked.question, collection=asked.collection,
        strategy=f"{version.name}/{version.number}", refused=refusal is not None, reason=refusal and refusal.reason,
        reason_code=refusal and refusal.code, text=written.text, confidence=round(found.draft.confidence, 4),
        citations=written.citations, passages=found.passages, context=list(asked.context),
        queries=list(asked.wordings), reranking=found.reranking, judging=found.judging,
        own_confidence=rounded(found.draft.own),
        prose=written.prose, composition=written.composition,
    )  # fmt: skip


def _failed(answer: Answer) -> bool:
    """Return whether a model failed to order the passages or to write the answer: the next time it may not."""
    ordering, writing = answer.reranking, answer.composition
    return (ordering is not None and ordering.failed is not None) or (
        writing is not None and writing.error_code is not None
    )


def _cache_question(asked: _Asked, kind: str) -> CacheQuestion | None:
    """Return how an answer is kept; None where the strategy keeps none, and for what measures a strategy."""
    resolved = asked.resolved
    if not resolved.strategy.answering.cache or asked.options or kind != ASKED:
        return None
    lock = resolved.version.lock_digest
    return CacheQuestion(asked.question, asked.namespace, asked.collection, lock, asked.context, asked.filters)
