"""What the audit log says about documents, and the check that the rows still say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from rag.repository import DocumentRepository
from rag.tables import DocumentRow, ReadingRow, VersionRow

ADDED: Final = "document.version_added"
INDEXED: Final = "document.version_indexed"
REMOVED: Final = "document.removed"
ORIGINAL_TABLE: Final = "document_original"
TEXT_TABLE: Final = "document_text"


def version_digest(
    *, document_id: UUID, namespace: str, collection: str, name: str, number: int, content_sha256: str, size: int
) -> str:
    """Return the identity of a version: SHA-256 of the canonical JSON of what it is and where it stands."""
    return digest(
        {
            "document_id": str(document_id),
            "namespace": namespace,
            "collection": collection,
            "name": name,
            "number": number,
            "content_sha256": content_sha256,
            "bytes": size,
        }
    )


async def append_added(work: UnitOfWork, row: VersionRow) -> None:
    facts = {
        "document_id": str(row.document_id),
        "number": row.number,
        "content_sha256": row.content_sha256,
        "digest": row.digest,
    }
    await append(work, AuditEvent(ADDED, str(row.id), facts))


async def append_indexed(work: UnitOfWork, row: ReadingRow) -> None:
    facts = {
        "text_sha256": row.text_sha256,
        "media_type": row.media_type,
        "parser": row.parser,
        "strategy_digest": row.strategy_digest,
        "embedder_digest": row.embedder_digest,
    }
    await append(work, AuditEvent(INDEXED, str(row.version_id), facts))


async def append_removed(work: UnitOfWork, row: DocumentRow) -> None:
    facts = {"document_id": str(row.id), "through_number": row.latest_number}
    await append(work, AuditEvent(REMOVED, str(row.id), facts))


class DocumentCheck:
    """The live check of document versions: digests are taken anew from the bytes and the text as stored."""

    kinds = frozenset({ADDED, INDEXED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        repository = DocumentRepository(work.session, work.tenant_id)
        rows = await repository.content_digests([UUID(subject) for subject in subjects])
        recompute = _added_facts if kind == ADDED else _indexed_facts
        return {str(row.id): recompute(row) for row in rows}


def _added_facts(row: Any) -> dict[str, Any | Erased]:
    facts: dict[str, Any | Erased] = {"document_id": str(row.document_id), "number": row.number}
    if row.content_sha256 is None:
        gone = Erased(ORIGINAL_TABLE, {"version_id": str(row.id)})
        return {**facts, "content_sha256": gone, "digest": gone}
    identity = version_digest(
        document_id=row.document_id, namespace=row.namespace, collection=row.collection, name=row.name,
        number=row.number, content_sha256=row.content_sha256, size=row.bytes,
    )  # fmt: skip
    return {**facts, "content_sha256": row.content_sha256, "digest": identity}


def _indexed_facts(row: Any) -> dict[str, Any | Erased]:
    text_sha256 = row.text_sha256 or Erased(TEXT_TABLE, {"version_id": str(row.id)})
    return {"text_sha256": text_sha256, "media_type": row.media_type, "parser": row.parser}
