"""From chosen sentences to citations that can be relied on."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Gone, Refused
from rag.answering import Sentence, rounded
from rag.citing.repository import PlaceRepository
from rag.pages import Pages
from rag.repository import DocumentRepository
from rag.schemas import CharLocation, Citation, ContentBlockLocation, Location, PageLocation, Passage


async def citations_of(work: UnitOfWork, sentences: Sequence[Sentence], passages: Sequence[Passage]) -> list[Citation]:
    """Return sentences as citations, numbered in order.

    Args:
        passages: what the sentences were taken from.

    Raises:
        Gone: `content.erased` when a text was erased, or kept from the reader, since the search.
        Refused: `ask.citation_mismatch` when a stored text is not what was indexed.
    """
    versions = {passage.version.version_id: passage.version for passage in passages}
    places = [(sentence.version_id, sentence.start, sentence.end) for sentence in sentences]
    repository = DocumentRepository(work.session, work.tenant_id)
    stored = await repository.slices(places)
    pages = await repository.pages(list({place[0] for place in places}))
    blocks = await PlaceRepository(work.session).blocks(places)
    citations: list[Citation] = []
    for n, (sentence, text, touched) in enumerate(zip(sentences, stored, blocks, strict=True), start=1):
        version = versions[sentence.version_id]
        if text is None or touched is None or sentence.version_id not in pages:
            raise Gone("content.erased", "A passage was erased while it was searched; ask again.")
        if text != sentence.text:
            raise Refused(
                "ask.citation_mismatch",
                # Kept with the execution, which then shows no document: an id, and no name.
                f"The stored text of the document version {sentence.version_id} is not what was indexed; "
                "run `mcp-engine audit verify`.",
            )
        own = pages[sentence.version_id]
        citations.append(
            Citation(
                n=n, version=version, page=own.at(sentence.start), start=sentence.start, end=sentence.end,
                cited_text=text, locations=_locations(sentence, own, touched), support=rounded(sentence.support),
            )
        )  # fmt: skip
    return citations


def _locations(sentence: Sentence, pages: Pages, blocks: tuple[int, int]) -> list[Location]:
    found: list[Location] = [CharLocation(start_char_index=sentence.start, end_char_index=sentence.end)]
    first, last = pages.at(sentence.start), pages.at(sentence.end - 1)
    if first is not None and last is not None:
        found.append(PageLocation(start_page_number=first, end_page_number=last + 1))
    found.append(ContentBlockLocation(start_block_index=blocks[0], end_block_index=blocks[1] + 1))
    return found
