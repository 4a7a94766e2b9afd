"""Cuts a document and answers a question as a strategy would that nobody pushed yet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from statistics import median_low

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import NotFound, TooLarge
from rag.answering import Draft, rounded
from rag.chunkers.outline import Outline
from rag.chunkers.registry import chunker_for
from rag.collections import erased, find_collection, no_document
from rag.embedding import Embedder
from rag.found import found_with, retrieved
from rag.hops import drafted
from rag.indexing import Cut, cut, sentence_vectors
from rag.judging.judge import Judge
from rag.parsing.parsed import PageSpan, ParsedDocument
from rag.parsing.pool import ParserPool
from rag.parsing.recognised import was_recognised
from rag.preview.schemas import (
    AnswerPreview,
    AnswerRequest,
    ChunksPreview,
    ChunksRequest,
    PreviewChunk,
    PreviewSentence,
)
from rag.question_text import checked_question
from rag.readers.repository import ReaderRepository
from rag.refusal import nothing_found, refusal_of
from rag.repository import DocumentRepository
from rag.reranking.reranker import Reranker
from rag.retrieval import narrowing, retrieve
from rag.rewriting.rewriter import Rewriter, Searched
from rag.schemas import Passage
from rag.searching import Searching
from rag.stored import StoredVersion
from rag.stores.port import VectorStore
from rag.stores.postgresql import POSTGRESQL
from rag.strategy import Chunking

MAX_COMPARED_CHARACTERS = 100_000
"""Of a document whose sentences are embedded for a look at its chunks: some seconds."""


class PreviewService:
    """Shows what a strategy does; of the prompts that it runs for that, the runs are recorded.

    Args:
        parsers: a pool of its own, so that nobody who looks waits for a book that is being indexed.
    """

    def __init__(
        self,
        database: Database,
        parsers: ParserPool,
        searching: Searching,
        rewriter: Rewriter,
        reranker: Reranker,
        judge: Judge,
        store: VectorStore = POSTGRESQL,
    ) -> None:
        self._database = database
        self._parsers = parsers
        self._searching = searching
        self._rewriter = rewriter
        self._reranker = reranker
        self._judge = judge
        self._store = store

    async def chunks(self, caller: Caller, namespace: str, collection: str, request: ChunksRequest) -> ChunksPreview:
        """Return chunks of the version of a document that is searched, cut anew from its original.

        Raises:
            NotFound: `collection.not_found`, `document.not_found`, `document.not_indexed`.
            Gone: `content.erased`.
            TooLarge: `preview.too_large` when the chunker compares sentences and there are too many.
            EngineError: what `ParserPool.parse` raises.
        """
        async with self._work(caller) as work:
            place = await find_collection(work, namespace, collection)
            repository = DocumentRepository(work.session, work.tenant_id)
            stored = await repository.document(request.document_id)
            if stored is None or stored.collection.id != place.id:
                raise no_document(request.document_id)
            number = stored.document.searched_number
            version = None if number is None else await repository.version(request.document_id, number)
            if version is None or number is None:
                raise NotFound("document.not_indexed", f"{stored.document.name} is not searched; choose another.")
            content = await repository.original(version.version.id)
            parsed = await _recognised(repository, version)
        if content is None:
            raise erased()
        if parsed is None:
            parsed = await self._parsers.parse(content, filename=stored.document.name)
        outline = await asyncio.to_thread(Outline.of, parsed, request.chunking.max_characters)
        made = await self._cut(outline, request, await self._searching.embedder_of(place))
        lengths = [chunk.end - chunk.start for chunk in made.chunks] or [0]
        return ChunksPreview(
            document=stored.document.name, number=number, chunks=len(made.chunks), shortest=min(lengths),
            median=median_low(lengths), longest=max(lengths),
            items=_items(made, range(request.first, min(request.first + request.limit, len(made.chunks)))),
        )  # fmt: skip

    async def answer(self, caller: Caller, namespace: str, collection: str, request: AnswerRequest) -> AnswerPreview:
        """Return what a strategy finds for a question and would answer.

        Raises:
            InvalidInput: `ask.empty_question`.
            TooLarge: `ask.question_too_long`.
            NotFound: `collection.not_found`.
            Gone: `content.erased`.
            Refused: what `Searching.embedder_of` raises.
            EngineError: what the prompt raises that words the question in other ways, and what `Reranker.reranked` and
                `Judge.judged` raise.
        """
        checked_question(request.question)
        options = request.strategy
        wanted = Searched(namespace, collection, options, request.filters)
        wordings = await self._rewriter.wordings(caller, wanted, request.question)
        async with self._searching.moment(caller, namespace, collection, request.question, others=wordings) as moment:
            work, place, question = moment.work, moment.place, moment.question
            searched = self._store.index(work.session, work.tenant_id)
            hits = await retrieve(
                work.session, place.id, question, options.retrieval, retrieved(options), request.filters, searched,
                moment.others,
            )  # fmt: skip
            found = await found_with(DocumentRepository(work.session, work.tenant_id), hits)
            readers = ReaderRepository(work.session, work.tenant_id)
            hidden = not found.passages and await readers.may_read_nothing(place.id)
        found, report = await self._reranker.reranked(caller, namespace, options, request.question, found)
        found = found.first(options.retrieval.passages)
        passages, answer = found.passages, drafted(question, moment.others, found, options)
        answer, judging = await self._judge.judged(caller, namespace, options, request.question, answer, passages)
        if passages:
            refusal = refusal_of(question, answer, options.answering.threshold)
        else:
            filtered = bool(narrowing(options.retrieval, request.filters))
            refusal = nothing_found(may_read_nothing=hidden, filtered=filtered)
        return AnswerPreview(
            passages=passages, sentences=_sentences(answer, passages), refused=refusal is not None,
            reason=refusal and refusal.reason, reason_code=refusal and refusal.code,
            confidence=round(answer.confidence, 4), queries=wordings, reranking=report, judging=judging,
            own_confidence=rounded(answer.own),
        )  # fmt: skip

    async def _cut(self, outline: Outline, request: ChunksRequest, embedder: Embedder) -> Cut:
        if chunker_for(request.chunking).compares:
            _check_length(outline, request.chunking)
            outline = replace(outline, vectors=await sentence_vectors(outline, embedder, _unseen))
        return await asyncio.to_thread(cut, outline, request.chunking)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


async def _unseen(done: int, total: int) -> None:
    """Nobody follows the progress of a look."""


def _check_length(outline: Outline, options: Chunking) -> None:
    length = len(outline.document.text)
    if length > MAX_COMPARED_CHARACTERS:
        raise TooLarge(
            "preview.too_large",
            f"The kind {options.kind!r} reads every sentence, and this document has {length:,} characters; look at one "
            f"of at most {MAX_COMPARED_CHARACTERS:,}.",
            details={"limit": MAX_COMPARED_CHARACTERS},
        )


async def _recognised(repository: DocumentRepository, version: StoredVersion) -> ParsedDocument | None:
    """Return recognised text as it is stored: reading it again takes long, and it has no headings or tables."""
    reading = version.reading
    if reading is None or not was_recognised(reading.parser):
        return None
    found = await repository.text_of(version.version.id, 0, reading.characters)
    if found is None:
        raise erased()
    pages = tuple(PageSpan(*page) for page in found[1])
    return ParsedDocument(found[0], reading.media_type, pages, None, reading.parser)


def _items(made: Cut, wanted: Sequence[int]) -> list[PreviewChunk]:
    return [
        PreviewChunk(
            ordinal=chunk.ordinal, start=chunk.start, end=chunk.end, page=chunk.page, header=made.headers[place],
            text=made.outline.document.text[chunk.start : chunk.end],
        )
        for place in wanted
        for chunk in [made.chunks[place]]
    ]  # fmt: skip


def _sentences(drafted: Draft, passages: Sequence[Passage]) -> list[PreviewSentence]:
    found: list[PreviewSentence] = []
    for one in drafted.sentences:
        inside = [
            number
            for number, passage in enumerate(passages, start=1)
            if passage.version.version_id == one.version_id and passage.start <= one.start and one.end <= passage.end
        ]
        found.append(PreviewSentence(passage=inside[0], start=one.start, end=one.end, text=one.text))
    return found
