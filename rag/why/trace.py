"""One question, taken through retrieval and answering as `ask` does it, with one passage in view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from mcp_engine.database.engine import UnitOfWork
from rag.answering import Draft, Sentence, ranked
from rag.filters.repository import FilterRepository
from rag.found import Found, found_with, retrieved
from rag.hits import Hit
from rag.hops import drafted
from rag.index.repository import IndexRepository
from rag.passages import cited
from rag.repository import DocumentRepository
from rag.retrieval import Hits, Question, marginal, narrowing, retrieve
from rag.schemas import CitedVersion, JudgingReport, Passage, RerankingReport
from rag.sentences import Span
from rag.stores.port import SearchedIndex
from rag.strategy import Filters, MetadataCondition, Strategy
from rag.why.expected import Expected
from rag.why.repository import NearChunk, Place
from rag.why.schemas import FilterName


@dataclass(frozen=True, slots=True)
class Gain:
    """What a passage added when it was chosen (or would have as the last one), beside what the last one did."""

    own: float
    last: float


@dataclass(frozen=True, slots=True)
class FailedFilters:
    """The filters that keep a document out of a search, and the conditions on its metadata among them."""

    names: Sequence[FilterName] = ()
    metadata: Sequence[MetadataCondition] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that says what became of `chunk`.

    Args:
        span: where in the document something was expected; None for anywhere in the chunk.
        failed: the filters that its document does not pass; where there are some, nothing after that was looked at.
        dense_rank: among the chunks that the filters let through.
        gain: of maximal marginal relevance, for a candidate.
        hits: as retrieval found them, as many as go on from there.
        ordered: the same in the order that a model gave them, if one did.
        found: the best of these, which are shown.
        ranked: the sentences of all passages, best first.
    """

    question: Question
    strategy: Strategy
    hits: Hits
    ordered: Found
    found: Found
    reranking: RerankingReport | None
    chunk: NearChunk
    text: str
    span: Span | None
    failed: FailedFilters
    dense_rank: int
    gain: Gain | None
    ranked: Sequence[Sentence]
    drafted: Draft
    judging: JudgingReport | None

    def position_in(self, hits: Sequence[Hit]) -> int | None:
        """Return the place of the chunk among these, from 1; None when it is not among them."""
        return next((number for number, hit in enumerate(hits, start=1) if hit.shows(self.chunk.place)), None)


@dataclass(frozen=True, slots=True)
class _Facts:
    text: str
    dense_rank: int
    gain: Gain | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one moment of the collection says of a question and of each chunk that may be explained.

    Args:
        version: the expected document's version.
        failed: as of `Trace`.
        facts: of each chunk that may come furthest, by its place.
    """

    question: Question
    others: Sequence[Question]
    hits: Hits
    found: Found
    expected: Expected
    version: CitedVersion
    failed: FailedFilters
    facts: Mapping[Place, _Facts]


async def reading(
    work: UnitOfWork,
    collection_id: UUID,
    question: Question,
    strategy: Strategy,
    filters: Filters | None,
    expected: Expected,
    searched: SearchedIndex | None = None,
    others: Sequence[Question] = (),
) -> Reading:
    """Search as asking does, and look up what says why of the chunks that were expected.

    Raises:
        Gone: `content.erased` when a text was erased meanwhile.
    """
    options = strategy.retrieval
    hits = await retrieve(
        work.session, collection_id, question, options, retrieved(strategy), filters, searched, others
    )
    repository = DocumentRepository(work.session, work.tenant_id)
    found = await found_with(repository, hits)
    chunks = expected.possible(hits)
    version_id = chunks[0].version_id
    origins = await repository.origins([version_id])
    texts = await repository.slices([(chunk.version_id, chunk.start, chunk.end) for chunk in chunks])
    failed = await _failed(work, collection_id, version_id, narrowing(options, filters), hits)
    facts: dict[Place, _Facts] = {}
    for chunk, text in zip(chunks, texts, strict=True):
        rank = 0 if failed.names else await _dense_rank(work, collection_id, question.vector, chunk, hits)
        gain = None if options.mmr is None else await _gain(work, chunk, hits, options.mmr)
        facts[chunk.place] = _Facts(text or "", rank, gain)
    return Reading(question, others, hits, found, expected, cited(origins[version_id]), failed, facts)


async def traced(
    read: Reading,
    strategy: Strategy,
    order: Callable[[Found], Awaitable[tuple[Found, RerankingReport | None]]],
    judge: Callable[[Draft, Sequence[Passage]], Awaitable[tuple[Draft, JudgingReport | None]]],
) -> Trace:
    """Answer from what was read, and keep what every stage did.

    Args:
        order: as `Reranker.reranked`.
        judge: as `Judge.judged`.
    """
    ordered, reranking = await order(read.found)
    found = ordered.first(strategy.retrieval.passages)
    answer, judging = await judge(drafted(read.question, read.others, found, strategy), found.passages)
    chunk = read.expected.furthest(ordered.hits)
    facts = read.facts[chunk.place]
    return Trace(
        question=read.question,
        strategy=strategy,
        hits=read.hits,
        ordered=ordered,
        found=found,
        reranking=reranking,
        chunk=chunk,
        text=facts.text,
        span=read.expected.span,
        failed=read.failed,
        dense_rank=facts.dense_rank,
        gain=facts.gain,
        ranked=ranked(found.hits.best, found.texts, read.hits.weights, strategy.answering),
        drafted=answer,
        judging=judging,
    )


async def _failed(
    work: UnitOfWork, collection_id: UUID, version_id: UUID, wanted: Sequence[Filters], hits: Hits
) -> FailedFilters:
    """Return the filters that keep a version out of this search, by asking for each alone."""
    if hits.among is None or version_id in hits.among:
        return FailedFilters()
    repository = FilterRepository(work.session)
    failed: dict[FilterName, None] = {}
    metadata: list[MetadataCondition] = []
    for filters in wanted:
        for name, alone in _each(filters):
            if version_id not in await repository.passing(collection_id, [alone]):
                failed[name] = None
                metadata += [one for one in alone.metadata if one not in metadata]
    return FailedFilters(list(failed), metadata)


def _each(filters: Filters) -> list[tuple[FilterName, Filters]]:
    return [
        ("documents", Filters(documents=filters.documents)),
        ("media_types", Filters(media_types=filters.media_types)),
        ("since", Filters(since=filters.since)),
        ("until", Filters(until=filters.until)),
        *(("metadata", Filters(metadata=(one,))) for one in filters.metadata),
    ]


async def _dense_rank(
    work: UnitOfWork, collection_id: UUID, vector: npt.NDArray[np.float32], chunk: NearChunk, hits: Hits
) -> int:
    near = hits.candidates.near
    if chunk.place in near:
        return near.index(chunk.place) + 1
    counted = await IndexRepository(work.session).rank(collection_id, vector, chunk.place, hits.among)
    # One product may be rounded otherwise than many: what was not found stands after what was.
    return max(counted or 0, len(near) + 1)


async def _gain(work: UnitOfWork, chunk: NearChunk, hits: Hits, relevance: float) -> Gain | None:
    own = next((hit for hit in hits.fused if hit.shows(chunk.place)), None)
    if own is None or not hits.best:
        return None
    best = list(hits.best)
    places = [hit.place for hit in (*best, own)]
    vectors = await IndexRepository(work.session).chunk_vectors(places)
    place = min(places.index(own.place), len(best) - 1)

    def gain(of: int, score: float, before: int) -> float:
        alike = np.max(vectors[:before] @ vectors[of], initial=-1.0) if before else 0.0
        return float(marginal(np.array([score]), np.array([alike]), relevance)[0])

    return Gain(gain(len(best), own.score, place), gain(len(best) - 1, best[-1].score, len(best) - 1))
