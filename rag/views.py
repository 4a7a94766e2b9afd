"""Stored documents as callers see them."""

from __future__ import annotations

from rag.schemas import Collection, Document, Version
from rag.stored import StoredCollection, StoredDocument, StoredVersion

_READING = {"media_type", "parser", "text_sha256", "characters", "unread_pages", "chunks"}


def collection_view(stored: StoredCollection) -> Collection:
    """Return a collection with its counts."""
    row = stored.collection
    return Collection(
        id=row.id, namespace=row.namespace, name=row.name, documents=stored.documents, indexing=stored.indexing,
        failed=stored.failed, chunks=stored.chunks, created_at=row.created_at,
    )  # fmt: skip


def document_view(stored: StoredDocument) -> Document:
    """Return a document with its latest version."""
    row = stored.document
    return Document(
        id=row.id, collection=stored.collection.name, namespace=stored.collection.namespace, name=row.name,
        removed=row.removed, restricted=row.restricted, searched_number=row.searched_number,
        created_at=row.created_at, latest=version_view(stored.latest), repeats=stored.repeats,
        source_id=row.source_id, metadata=row.key_values,
    )  # fmt: skip


def version_view(stored: StoredVersion) -> Version:
    """Return a version; a job that goes on tells more than what its last attempt left."""
    row, state, reading = stored.version, stored.indexing, stored.reading
    failure = stored.job if state.error_code is None and state.state != "indexed" else state
    found = {} if reading is None else {**reading.model_dump(include=_READING), "pages": reading.pages or None}
    return Version.model_validate(
        {
            "id": row.id,
            "number": row.number,
            "digest": row.digest,
            "content_sha256": row.content_sha256,
            "bytes": row.bytes,
            "created_at": row.created_at,
            "state": stored.state,
            "job_id": state.job_id,
            "erased": stored.erased,
            "error_code": failure and failure.error_code,
            "error_message": failure and failure.error_message,
            **found,
        }
    )
