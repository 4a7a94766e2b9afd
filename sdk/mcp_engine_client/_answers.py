"""Answers to questions, with what they cite."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from mcp_engine_client._answered import Answered


class CitedVersion(Answered):
    """The version of a document that a passage or citation was taken from."""

    document_id: UUID
    document: str
    version_id: UUID
    number: int
    digest: str


class Passage(Answered):
    """A chunk that a search found: its place and text, and why it was found."""

    version: CitedVersion
    page: int | None
    start: int
    end: int
    text: str
    score: float
    similarity: float
    bm25: float


class SearchResult(Answered):
    passages: list[Passage]


class Location(Answered):
    """Where a citation stands, as `type` names it: characters and blocks from 0, pages from 1, ends excluded."""

    type: Literal["char_location", "page_location", "content_block_location"]
    start_char_index: int | None = None
    end_char_index: int | None = None
    start_page_number: int | None = None
    end_page_number: int | None = None
    start_block_index: int | None = None
    end_block_index: int | None = None


class Citation(Answered):
    """Verbatim evidence: characters `start` to `end` of the version's text; `locations` say the same place."""

    n: int
    version: CitedVersion
    page: int | None
    start: int
    end: int
    cited_text: str
    locations: list[Location] = Field(default_factory=list[Location])
    support: float | None = None


class Statement(Answered):
    """A sentence that a model wrote, and the numbers of the citations that bear it out."""

    text: str
    citations: list[int]


class CutStatement(Answered):
    """A sentence that a model wrote and the answer does not have, and why."""

    text: str
    fault: str


class Composition(Answered):
    """What came of letting a model write the answer; not `is_used`, the answer is made of quotations."""

    kind: str
    is_used: bool
    cut: list[CutStatement] = Field(default_factory=list[CutStatement])
    completed: bool = False
    error_code: str | None = None


class Answer(Answered):
    """An answer made of cited sentences, or (`refused`) the reason why there is none and the nearest passages.

    `prose` are the sentences where a model wrote them; otherwise they are the citations' own.
    """

    execution_id: UUID
    question: str
    collection: str
    strategy: str
    refused: bool
    reason: str | None
    reason_code: str | None = None
    text: str
    confidence: float
    citations: list[Citation]
    passages: list[Passage]
    context: list[str] = Field(default_factory=list[str])
    queries: list[str] = Field(default_factory=list[str])
    reranking: dict[str, Any] | None = None
    judging: dict[str, Any] | None = None
    own_confidence: float | None = None
    cached_from: UUID | None = None
    prose: list[Statement] = Field(default_factory=list[Statement])
    composition: Composition | None = None
