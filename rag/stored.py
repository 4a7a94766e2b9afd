"""What queries return of collections, documents and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mcp_engine.jobs.tables import JobRow
from rag.tables import CollectionRow, DocumentRow, IndexingRow, ReadingRow, VersionRow


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with its indexing and the job that does it, and its reading once there is one.

    `state` is how far its indexing is, one of `rag.schemas.IndexingState`.
    """

    version: VersionRow
    indexing: IndexingRow
    job: JobRow | None
    reading: ReadingRow | None
    state: str
    erased: bool


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document in its collection, with its latest version; `repeats` counts the others that it is a duplicate of."""

    document: DocumentRow
    collection: CollectionRow
    latest: StoredVersion
    repeats: int


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """A collection with what the reader may read of it: documents that are not removed, by how far their indexing
    is, and the chunks that are searched."""

    collection: CollectionRow
    documents: int
    indexing: int
    failed: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a chunk comes from."""

    document_id: UUID
    document: str
    version_id: UUID
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents a list shows: with `removed` ones, in one indexing state, with `name` in their name."""

    removed: bool = False
    state: str | None = None
    name: str | None = None


EVERY_DOCUMENT = DocumentFilter()
