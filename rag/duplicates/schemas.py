"""What the API shows of duplicates."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from rag.duplicates.grouping import Likeness


class DuplicateDocument(BaseModel):
    """A searched document of a group, and the other one of those shown that it is most like."""

    document_id: UUID
    document: str
    version_id: UUID
    number: int
    likeness: Likeness = Field(description="To the nearest: the same file, the same text in another file, or near.")
    similarity: float = Field(description="To the nearest: 1 for the same, else the estimated Jaccard similarity.")
    nearest_id: UUID = Field(description="The document that it is most like.")


class DuplicateGroup(BaseModel):
    """Documents that repeat each other: each is the same as another one of the group, or near (.8 and above).

    `members` are the first of them, those that were added first in front; `documents` counts all
    that you may read.
    """

    id: UUID
    documents: int
    members: list[DuplicateDocument]
