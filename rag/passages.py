"""Passages as callers see them: a hit with its text and its origin, read from the stored version."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_engine.errors import Gone
from rag.answering import Excerpt
from rag.hits import Hit
from rag.repository import DocumentRepository
from rag.schemas import CitedVersion, Passage
from rag.stored import Origin

HEADS_WITHIN = 8_000
"""Characters; the rows of a table that began earlier answer nothing."""


async def passages_of(repository: DocumentRepository, hits: Sequence[Hit]) -> list[Passage]:
    """Return hits with text and origin, in the same order.

    Raises:
        Gone: `content.erased` when a text was erased while it was searched; ask again.
    """
    places = [(hit.candidate.version_id, hit.candidate.start, hit.candidate.end) for hit in hits]
    texts = await repository.slices(places)
    origins = await repository.origins(list({place[0] for place in places}))
    passages: list[Passage] = []
    for hit, text in zip(hits, texts, strict=True):
        found = hit.candidate
        # Erased, or kept from the reader, since the search began.
        if text is None or found.version_id not in origins:
            raise Gone("content.erased", "A passage was erased while it was searched; ask again.")
        passages.append(
            Passage(
                version=cited(origins[found.version_id]), page=found.page, start=found.start, end=found.end, text=text,
                score=round(hit.score, 6), similarity=round(found.similarity, 6), bm25=round(found.bm25, 6),
            )
        )  # fmt: skip
    return passages


async def excerpts_of(repository: DocumentRepository, hits: Sequence[Hit]) -> tuple[list[Passage], list[Excerpt]]:
    """Return hits as callers see them, and as sentences are chosen from them; raises what `passages_of` raises."""
    passages, leads = await passages_of(repository, hits), await _leads_of(repository, hits)
    return passages, [Excerpt(lead, passage.text) for lead, passage in zip(leads, passages, strict=True)]


async def _leads_of(repository: DocumentRepository, hits: Sequence[Hit]) -> list[str]:
    """Return the text before each hit, as far as a table that goes on in it may have its heads there."""
    found = [hit.candidate for hit in hits]
    places = [(one.version_id, max(0, one.start - HEADS_WITHIN), one.start) for one in found]
    return [lead or "" for lead in await repository.slices(places)]


def cited(origin: Origin) -> CitedVersion:
    return CitedVersion(
        document_id=origin.document_id, document=origin.document, version_id=origin.version_id, number=origin.number,
        digest=origin.digest,
    )  # fmt: skip
