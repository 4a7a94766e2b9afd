"""What the API shows of answers that lost their support."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from rag.lost_support.standing import Standing


class SupportPlace(BaseModel):
    """Where a cited text stands now: `text[start:end]` of version `number`, which is searched."""

    number: int
    start: int
    end: int


class CitationSupport(BaseModel):
    """A citation of an answer, and how it stands in what is searched of its document now."""

    n: int
    document_id: UUID
    document: str
    number: int = Field(description="The version that was cited.")
    start: int
    end: int
    cited_text: str
    standing: Standing = Field(
        description="In the searched version: verbatim (perhaps elsewhere), nearly (the same words), or gone."
    )
    place: SupportPlace | None = Field(description="Null when it is gone, and when the document is not searched.")
    looked_at: datetime


class UnsupportedAnswer(BaseModel):
    """A stored answer with citations of documents that changed since; `standing` is that of its worst citation.

    Citations of documents that have not changed are left out: they stand.
    """

    execution_id: UUID
    question: str
    created_at: datetime
    standing: Standing
    citations: list[CitationSupport]
