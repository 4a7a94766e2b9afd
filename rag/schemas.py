"""What callers see of collections, documents, searches and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.artifacts.splits import Attributes, AttributeValue, Unit, UnitId
from rag.composing.schemas import Composition, Statement
from rag.metadata.values import Metadata
from rag.packing_report import PackingReport
from rag.refusal import RefusalCode
from rag.strategy import Filters

Outcome = Literal["added", "changed", "restored", "unchanged", "retried"]
IndexingState = Literal["queued", "running", "indexed", "failed", "cancelled"]


class Collection(BaseModel):
    """A named set of documents that is searched as one.

    Of its `documents` (those not removed), the latest version of `indexing` is queued or running, and that of
    `failed` could not be indexed or was cancelled. Only what you may read is counted.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    namespace: str
    name: str
    documents: int
    indexing: int
    failed: int
    chunks: int
    created_at: datetime


class CollectionRemoved(BaseModel):
    """How many documents were taken out of search."""

    documents: int


class Version(BaseModel):
    """One immutable version of a document, and how far its indexing is.

    While it is queued or running, `error_message` is what the last attempt failed of, if one did.
    What the parser found (`media_type` and after) is null until the version is indexed; `pages` is null
    for what has no pages. `unread_pages` counts those that show something of which no text could be read, because text
    recognition was not installed. Nothing of an `erased` version can be opened or searched any more.
    """

    id: UUID
    number: int
    digest: str
    content_sha256: str
    bytes: int
    created_at: datetime
    state: IndexingState
    job_id: UUID
    erased: bool = False
    error_code: str | None = None
    error_message: str | None = None
    media_type: str | None = None
    parser: str | None = None
    text_sha256: str | None = None
    characters: int | None = None
    pages: int | None = None
    unread_pages: int | None = None
    chunks: int | None = None


class Document(BaseModel):
    """A document with its latest version; `searched_number` is the version that search reads.

    That version repeats so many others of the collection (`repeats`): their list is `/collections/{c}/duplicates`.
    Who may read a `restricted` one is listed at `/documents/{id}/readers`; any other is for everyone in the tenant.
    One that a source brought names it (`source_id`). `metadata` is what people said of it, by key.
    """

    id: UUID
    collection: str
    namespace: str
    name: str
    removed: bool
    restricted: bool = False
    searched_number: int | None
    created_at: datetime
    latest: Version
    repeats: int = 0
    source_id: UUID | None = None
    metadata: Metadata = {}


class DocumentDetail(Document):
    """A document with all its versions, newest first."""

    versions: list[Version]


class Added(BaseModel):
    """What adding did: `unchanged` when the latest version holds the same bytes already, `restored` when they were
    removed from search since."""

    outcome: Outcome
    document: Document
    job_id: UUID


class VersionText(BaseModel):
    """A piece of a version's text, with the offsets it begins and ends at (code points)."""

    document_id: UUID
    name: str
    version: int
    digest: str
    start: int
    end: int
    characters: int
    page: int | None
    text: str


class DocumentPage(BaseModel):
    """Page `number` (from 1), shown `width` by `height` points (1/72 inch) large; its text is `text[start:end]`."""

    number: int
    width: float
    height: float
    start: int
    end: int


class DocumentPages(BaseModel):
    """The pages of a version; none for what has no pages."""

    pages: list[DocumentPage]


class Rectangle(BaseModel):
    """A part of a page in shares (0..1) of its width and height, from the left and the top."""

    left: float
    top: float
    width: float
    height: float


class Highlight(BaseModel):
    """What a piece of text covers on one page, one rectangle a line."""

    page: int
    rectangles: list[Rectangle]


class Highlights(BaseModel):
    """What a piece of text covers, page by page; nothing for what has no pages."""

    highlights: list[Highlight]


class Erased(BaseModel):
    """The tombstones that an erasure left in the audit log."""

    erasure_ids: list[UUID]


class SearchRequest(BaseModel):
    """A search for passages."""

    query: str = Field(min_length=1)
    limit: int = Field(default=10, ge=1, le=50)
    filters: Filters | None = Field(default=None, description="Which documents are searched; all without it.")


class CitedVersion(BaseModel):
    """The version of a document that a passage or citation was taken from."""

    document_id: UUID
    document: str
    version_id: UUID
    number: int
    digest: str


class PassageRank(BaseModel):
    """Where a passage stood before it was ordered anew, from 1, with its score there, and what the model said of it.

    `score` is a cross-encoder's own number; null for a model that gives an order, and for what it did not read.
    """

    rank_before: int
    score_before: float
    score: float | None


class Passage(BaseModel):
    """A chunk that was found: its place and text, and why it was found.

    `score` is the fused score in 0..1 within this search, or that of the strategy's reranking (`reranked`);
    `similarity` (cosine of the meaning) and `bm25` are comparable across searches of one collection.
    """

    version: CitedVersion
    page: int | None
    start: int
    end: int
    text: str
    score: float
    similarity: float
    bm25: float
    reranked: PassageRank | None = None


class SearchResult(BaseModel):
    passages: list[Passage]


class CharLocation(BaseModel):
    """Characters (code points) of the version's text, from 0; the last is before `end_char_index`."""

    type: Literal["char_location"] = "char_location"
    start_char_index: int
    end_char_index: int


class PageLocation(BaseModel):
    """Pages, from 1; the last is before `end_page_number`."""

    type: Literal["page_location"] = "page_location"
    start_page_number: int
    end_page_number: int


class ContentBlockLocation(BaseModel):
    """Blocks of the version's text, from 0: what blank lines and page breaks divide; the last is before
    `end_block_index`."""

    type: Literal["content_block_location"] = "content_block_location"
    start_block_index: int
    end_block_index: int


Location = Annotated[CharLocation | PageLocation | ContentBlockLocation, Field(discriminator="type")]


class Citation(BaseModel):
    """Verbatim evidence: `text[start:end]` of the stored version equals `cited_text`, checked before it is sent.

    `locations` say the same place in each way that fits the document: always by characters and by blocks, by pages
    where it has some.
    """

    n: int
    version: CitedVersion
    page: int | None
    start: int
    end: int
    cited_text: str
    locations: list[Location] = []
    support: float | None = Field(
        default=None, description="How probably this sentence by itself answers (0 to 1), by the engine's own check."
    )


class AskRequest(BaseModel):
    """A question of a collection."""

    question: str
    collection: str
    strategy: str = Field(default="default", description="`NAME`, `NAME@label` or `NAME/version` of a rag_strategy.")
    filters: Filters | None = Field(default=None, description="Narrow the documents that the strategy searches.")
    follows: UUID | None = Field(
        default=None,
        description="An answer of yours (its `execution_id`) that this question goes on from: one that says “it” is "
        "then understood with the questions before.",
    )
    stream: bool = False
    unit_id: UnitId | None = Field(
        default=None, description="Who always gets the same arm of an experiment on the strategy's label."
    )
    attributes: Attributes = Field(
        default_factory=dict[str, AttributeValue], description="Of the unit, for the targeting of experiments."
    )

    @property
    def unit(self) -> Unit | None:
        return None if self.unit_id is None else Unit(self.unit_id, self.attributes)


class RerankingReport(PackingReport):
    """How passages were ordered anew: by which model, of how many, and what went wrong.

    When it `failed`, the passages kept the order in which they were found, and this says why. A language model's order
    may leave passages out (`missing`, which keep their order behind the others), name some twice (`doubled`) or name
    some that there are not (`unknown`).
    """

    kind: Literal["cross_encoder", "model"]
    model: str
    candidates: int
    failed: str | None = None
    missing: int = 0
    doubled: int = 0
    unknown: int = 0


class JudgingReport(PackingReport):
    """What the strategy's judge said of whether there is an answer.

    `score` is in log-odds: 0 is undecided. The answer's `confidence` comes of it and of its `own_confidence`.
    """

    kind: Literal["cross_encoder", "model"]
    model: str
    score: float


class Answer(BaseModel):
    """An extractive answer, or a refusal.

    `text` is made of the citations' own sentences, each followed by its marker `[n]`; it is empty
    when `refused`, and then there are citations only of sentences that contradict each other (`conflicting`).
    Where the strategy lets a model write (`composition`), `text` may be made of `prose` instead: sentences of the
    model's own, each borne out by the citations that it names.
    `confidence` (0..1) estimates the probability that the passages answer the question; see `rag.support`. Where the
    strategy's judge or its calibration have a part in it, `own_confidence` is what it would be without them.
    `reason_code` tells nothing near (`off_topic`) from what is near and does not answer (`unsupported`), and from a
    question that does not say what it is about (`underspecified`) or a collection in which you may read nothing
    (`not_permitted`). `passages` are the nearest ones, best first.
    `context` are the earlier questions that a follow-up was understood with, first to last, and `queries` the other
    wordings, by the strategy's prompt, that passages were searched with too. One that was given before, and is given
    again because nothing that it depends on has changed, names the execution that found it (`cached_from`).
    `reranking` says how a model ordered the passages, and `judging` what one said of whether they answer, where the
    strategy has one do so.
    """

    execution_id: UUID
    question: str
    collection: str
    strategy: str
    refused: bool
    reason: str | None
    reason_code: RefusalCode | None = None
    text: str
    confidence: float
    citations: list[Citation]
    passages: list[Passage]
    context: list[str] = []
    queries: list[str] = []
    reranking: RerankingReport | None = None
    judging: JudgingReport | None = None
    own_confidence: float | None = None
    cached_from: UUID | None = None
    prose: list[Statement] = []
    composition: Composition | None = None
