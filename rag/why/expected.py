"""Finding the passage that was expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Gone, InvalidInput, NotFound
from rag.collections import erased
from rag.hits import Hit
from rag.repository import DocumentRepository
from rag.retrieval import Hits, Question
from rag.sentences import Span
from rag.stored import StoredDocument
from rag.tables import CollectionRow
from rag.why.repository import NearChunk, WhyRepository
from rag.why.schemas import WhyRequest


@dataclass(frozen=True, slots=True)
class Expected:
    """The chunks that could be meant, and where in the text; None where the whole document was named."""

    chunks: Sequence[NearChunk]
    span: Span | None

    def furthest(self, hits: Hits) -> NearChunk:
        """Return the one of them that came furthest, else the nearest."""
        return next(self._among((*hits.best, *hits.fused)), self.chunks[0])

    def possible(self, hits: Hits) -> list[NearChunk]:
        """Return those that may have come furthest, in whatever order a model puts the best hits."""
        return list(self._among(hits.best)) or [self.furthest(hits)]

    def _among(self, hits: Iterable[Hit]) -> Iterator[NearChunk]:
        first = self.chunks[0]
        holding = {one.place for one in self.chunks if one.overlap == first.overlap}
        for hit in hits:
            found = hit.candidate
            if any(map(hit.shows, holding)) or (self.span is None and found.version_id == first.version_id):
                yield NearChunk(
                    found.version_id, found.ordinal, found.start, found.end, found.page, found.similarity, first.overlap
                )


async def find_expected(
    work: UnitOfWork, collection: CollectionRow, question: Question, request: WhyRequest
) -> Expected:
    """Return what the caller expected.

    Raises:
        NotFound: `document.not_found`, `document.not_indexed`, `why.text_not_found`, `why.no_passage`.
        Gone: `document.removed`, `content.erased`.
        InvalidInput: `why.empty_text`.
    """
    repository = WhyRepository(work.session)
    version_id = await _searched_version(work, collection, request.document)
    span = await _span(repository, version_id, request)
    chunks = await repository.chunks(version_id, question.vector, span)
    if not chunks:
        raise NotFound(
            "why.no_passage",
            f"No passage of {request.document[:140]} stands there: its text is shorter, or only white space is there.",
        )
    return Expected(chunks, span)


async def _searched_version(work: UnitOfWork, collection: CollectionRow, wanted: str) -> UUID:
    documents = DocumentRepository(work.session, work.tenant_id)
    document_id = await WhyRepository(work.session).document_id(collection.id, wanted)
    stored = None if document_id is None else await documents.document(document_id)
    if stored is None:
        raise NotFound(
            "document.not_found", f"{collection.name} has no document with the name or the id {wanted[:140]!r}."
        )
    _check_searched(stored)
    assert stored.document.searched_number is not None
    version = await documents.version(stored.document.id, stored.document.searched_number)
    assert version is not None
    return version.version.id


def _check_searched(stored: StoredDocument) -> None:
    name, latest = stored.document.name, stored.latest
    if latest.erased:
        raise erased()
    if stored.document.removed:
        raise Gone("document.removed", f"{name} was removed from search; add it again, then ask again.")
    if stored.document.searched_number is None:
        reason = f": {latest.indexing.error_message}" if latest.indexing.error_message else ""
        raise NotFound(
            "document.not_indexed", f"{name} is not searched yet, its indexing is {latest.state}{reason or '.'}"
        )


async def _span(repository: WhyRepository, version_id: UUID, request: WhyRequest) -> Span | None:
    if request.start is not None and request.end is not None:
        return Span(request.start, request.end)
    if request.text is None:
        return None
    if not request.text.strip():
        raise InvalidInput("why.empty_text", "The expected text is only white space; give words that stand there.")
    span = await repository.place_of(version_id, request.text)
    if span is None:
        raise NotFound(
            "why.text_not_found",
            f"These words do not stand in {request.document[:140]} one after the other; copy them from its text.",
        )
    return span
