"""What callers ask and see of a strategy that is being written."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from rag.refusal import RefusalCode
from rag.schemas import JudgingReport, Passage, RerankingReport
from rag.strategy import Chunking, Filters, Strategy


class ChunksRequest(BaseModel):
    """Which document is cut, how, and which of its chunks are wanted."""

    document_id: UUID
    chunking: Chunking = Chunking()
    first: int = Field(default=0, ge=0, description="The ordinal of the first chunk to show.")
    limit: int = Field(default=50, ge=1, le=200)


class PreviewChunk(BaseModel):
    """`text` is the document's `text[start:end]`; `header` is what its embedding reads before that."""

    ordinal: int
    start: int
    end: int
    page: int | None
    header: str
    text: str


class ChunksPreview(BaseModel):
    """How the version that is searched would be cut; lengths are in characters, of all `chunks`."""

    document: str
    number: int
    chunks: int
    shortest: int
    median: int
    longest: int
    items: list[PreviewChunk]


class AnswerRequest(BaseModel):
    """A question of a collection, and the strategy that is to answer it, as its body."""

    question: str
    strategy: Strategy = Strategy()
    filters: Filters | None = None


class PreviewSentence(BaseModel):
    """A sentence that the answer would cite, from the passage `passage` (from 1)."""

    passage: int
    start: int
    end: int
    text: str


class AnswerPreview(BaseModel):
    """What the strategy finds and would say, as documents are indexed now: its chunking and embedder have no part."""

    passages: list[Passage]
    sentences: list[PreviewSentence]
    refused: bool
    reason: str | None
    reason_code: RefusalCode | None
    confidence: float
    queries: list[str] = []
    reranking: RerankingReport | None = None
    judging: JudgingReport | None = None
    own_confidence: float | None = None
