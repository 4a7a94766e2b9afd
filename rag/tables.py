"""Rows of documents and of the index over them.

    collection 1─* source       1─* document    (of those that a source brought)
    collection 1─* document 1─* document_version 1─1 document_original      what was added
                                                 1─1 document_reading, _text  what the parser made of it
                                                 1─1 document_indexing        how far its job is, and why it failed
                                                 1─* chunk, posting, signature  only of the version that is searched

Versions and readings never change. Originals and texts leave only by `erase()`. Chunks, postings and signatures
repeat the text in another form and are replaced with the version that is searched.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field


def _of_version() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "version_id"], ["document_version.tenant_id", "document_version.id"])


class CollectionRow(TenantRow, table=True):
    """A named set of documents that is searched as one.

    `chunks` and `terms` count what is searched now; BM25 takes its averages from them. `index_revision` is
    another random id after each change of what is searched, `metadata_revision` after each one of what is said of it,
    and `index_id` after all of it was replaced. All
    vectors are of one embedder; it is null until something is indexed. `restricted` counts its documents with an
    access list, also those that a reader does not see; a trigger keeps it.
    """

    __tablename__: ClassVar[Any] = "collection"
    __table_args__ = (
        UniqueConstraint("tenant_id", "namespace", "name"),
        ForeignKeyConstraint(["tenant_id", "namespace"], ["namespace.tenant_id", "namespace.name"]),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    name: str
    chunks: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    terms: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    restricted: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    index_revision: UUID = Field(default=None, sa_column_kwargs={"server_default": func.gen_random_uuid()})
    metadata_revision: UUID = Field(default=None, sa_column_kwargs={"server_default": func.gen_random_uuid()})
    embedder: str | None = None
    embedder_digest: str | None = None
    dimensions: int | None = None
    index_id: UUID = Field(default=None, sa_column_kwargs={"server_default": func.gen_random_uuid()})
    created_at: datetime = created_field()


class SourceRow(TenantRow, table=True):
    """Where documents of a collection come from (`rag.connectors`).

    `sealed_credential` is a Fernet token, or null. `state` is what the source looked like when all of it was read the
    last time; null where that is not known. One with `removed_at` stays for the documents that came from it. Row-level
    security shows a `restricted` one to its readers alone, and what it reads becomes theirs alone.
    """

    __tablename__: ClassVar[Any] = "source"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "collection_id"], ["collection.tenant_id", "collection.id"]),
        Index(
            "uq_source_tenant_id_collection_id_name", "tenant_id", "collection_id", "name", unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )  # fmt: skip

    id: UUID = Field(primary_key=True)
    collection_id: UUID
    name: str
    kind: str
    settings: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    sealed_credential: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True), repr=False)
    prefix: str
    include: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    exclude: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    every_seconds: int | None = None
    remove_gone: bool
    paused: bool = False
    restricted: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    state: str | None = None
    removed_at: datetime | None = timestamp_field(nullable=True)
    created_at: datetime = created_field()


class DocumentRow(TenantRow, table=True):
    """A document under its name; `source_id` says where it comes from, null for one that somebody added.

    Row-level security shows a `restricted` one to its readers alone (`rag.readers`), and what belongs to it likewise.
    `searched_number` is the version that search reads; null until one is indexed. Versions up to
    `removed_through` are never searched again: a removal raises it to the latest number, so that an
    indexing job that ends late can't bring a removed document back. `key_values` is its metadata (`rag.metadata`).
    """

    __tablename__: ClassVar[Any] = "document"
    __table_args__ = (
        UniqueConstraint("tenant_id", "collection_id", "name"),
        ForeignKeyConstraint(["tenant_id", "collection_id"], ["collection.tenant_id", "collection.id"]),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["source.tenant_id", "source.id"]),
        Index("ix_document_tenant_id_source_id", "tenant_id", "source_id"),
    )

    id: UUID = Field(primary_key=True)
    collection_id: UUID
    name: str
    latest_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    searched_number: int | None = None
    removed_through: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    restricted: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    source_id: UUID | None = None
    # Not under its column's name: SQLAlchemy keeps that for itself.
    key_values: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column("metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    )
    created_at: datetime = created_field()

    @property
    def removed(self) -> bool:
        return self.latest_number <= self.removed_through


class VersionRow(TenantRow, table=True):
    """The identity of one version: what was added, by digest."""

    __tablename__: ClassVar[Any] = "document_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id", "number"),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
    )

    id: UUID = Field(primary_key=True)
    document_id: UUID
    number: int
    content_sha256: str
    bytes: int = Field(sa_type=BigInteger)
    digest: str
    created_at: datetime = created_field()


class ReadingRow(TenantRow, table=True):
    """What the parser made of a version; every offset refers to the text with this digest."""

    __tablename__: ClassVar[Any] = "document_reading"
    __table_args__ = (_of_version(),)

    version_id: UUID = Field(primary_key=True)
    media_type: str
    parser: str
    text_sha256: str
    characters: int = Field(sa_type=BigInteger)
    pages: int
    unread_pages: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    chunks: int
    terms: int = Field(sa_type=BigInteger)
    embedder_digest: str
    strategy_digest: str
    created_at: datetime = created_field()


class OriginalRow(TenantRow, table=True):
    """The bytes as they were added."""

    __tablename__: ClassVar[Any] = "document_original"
    __table_args__ = (_of_version(),)

    version_id: UUID = Field(primary_key=True)
    content: bytes


class TextRow(TenantRow, table=True):
    """The text that citations point into; `pages` is a list of [number, start, end].

    `lines` is what was recognised in pictures: [start, end, left, top, right, bottom], in shares of the page.
    """

    __tablename__: ClassVar[Any] = "document_text"
    __table_args__ = (_of_version(),)

    version_id: UUID = Field(primary_key=True)
    text: str
    title: str | None = None
    pages: list[list[int]] = Field(sa_column=Column(JSONB, nullable=False))
    lines: list[list[float]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class IndexingRow(TenantRow, table=True):
    """How far the indexing of a version is."""

    __tablename__: ClassVar[Any] = "document_indexing"
    __table_args__ = (_of_version(),)

    version_id: UUID = Field(primary_key=True)
    job_id: UUID
    state: str
    error_code: str | None = None
    error_message: str | None = None


class ChunkRow(TenantRow, table=True):
    """A passage of a searched version: `text[start:end]`, and its vector.

    `siblings` are the ordinals of the first and the last chunk that are shown together when this one is found.
    """

    __tablename__: ClassVar[Any] = "chunk"
    __table_args__ = (_of_version(), Index("ix_chunk_tenant_id_collection_id", "tenant_id", "collection_id"))

    version_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    collection_id: UUID
    start: int
    end: int
    page: int | None = None
    terms: int
    embedding: Any = Field(sa_column=Column(Vector(), nullable=False))
    siblings: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer), nullable=True))


class CuttingRow(TenantRow, table=True):
    """How the chunks of a version were cut: the `chunking` of a strategy."""

    __tablename__: ClassVar[Any] = "version_cutting"
    __table_args__ = (_of_version(),)

    version_id: UUID = Field(primary_key=True)
    chunking: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class ChunkSentencesRow(TenantRow, table=True):
    """The sentences of a chunk: offsets in the document's text, and vectors (`embedding.packed`)."""

    __tablename__: ClassVar[Any] = "chunk_sentences"
    __table_args__ = (_of_version(),)

    version_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    starts: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    ends: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    vectors: bytes


class PostingRow(TenantRow, table=True):
    """Where a term stands in a searched version (`rag.index.postings.Postings.packed`)."""

    __tablename__: ClassVar[Any] = "posting"
    __table_args__ = (_of_version(), Index("ix_posting_tenant_id_version_id", "tenant_id", "version_id"))

    collection_id: UUID = Field(primary_key=True)
    term: str = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)
    places: bytes


class DuplicateGroupRow(TenantRow, table=True):
    """Searched documents of a collection that repeat each other; `documents` counts them."""

    __tablename__: ClassVar[Any] = "duplicate_group"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "collection_id"], ["collection.tenant_id", "collection.id"]),
        Index("ix_duplicate_group_tenant_id_collection_id_id", "tenant_id", "collection_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    collection_id: UUID
    documents: int


class SignatureRow(TenantRow, table=True):
    """What tells how alike a searched version is to others (`rag.duplicates`); like chunks, it repeats content."""

    __tablename__: ClassVar[Any] = "document_signature"
    __table_args__ = (
        _of_version(),
        ForeignKeyConstraint(["tenant_id", "group_id"], ["duplicate_group.tenant_id", "duplicate_group.id"]),
        Index("ix_document_signature_content", "tenant_id", "collection_id", "content_sha256"),
        Index("ix_document_signature_text", "tenant_id", "collection_id", "text_sha256"),
        Index("ix_document_signature_group", "tenant_id", "group_id", "version_id"),
    )

    version_id: UUID = Field(primary_key=True)
    collection_id: UUID
    content_sha256: str
    text_sha256: str
    minhash: bytes
    group_id: UUID | None = None


class SignatureBandRow(TenantRow, table=True):
    """Where a signature is filed, so that like ones are found by an index (`rag.duplicates.minhash.buckets`)."""

    __tablename__: ClassVar[Any] = "signature_band"
    __table_args__ = (_of_version(), Index("ix_signature_band_tenant_id_version_id", "tenant_id", "version_id"))

    collection_id: UUID = Field(primary_key=True)
    bucket: int = Field(primary_key=True, sa_type=BigInteger)
    version_id: UUID = Field(primary_key=True)
