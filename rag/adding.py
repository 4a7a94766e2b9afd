"""What becomes of bytes under a document's name: its first version, its next one, or nothing."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import InvalidInput
from mcp_engine.identifiers import new_id
from mcp_engine.jobs.service import JobService
from rag import facts
from rag.collections import too_large
from rag.jobs import INDEX
from rag.parsing.formats.scans import installed
from rag.repository import DocumentRepository
from rag.schemas import Outcome
from rag.stored import StoredVersion
from rag.tables import CollectionRow, DocumentRow, VersionRow

RETRIED: Final = ("failed", "cancelled")


def check_size(name: str, content: bytes, limit: int) -> None:
    """Raise `InvalidInput` (`document.empty`) or `TooLarge` (`document.too_large`) for what can't be a document."""
    if not content:
        raise InvalidInput("document.empty", f"{name} is empty (0 bytes); there is nothing to index.")
    if len(content) > limit:
        raise too_large(limit)


async def add_content(
    work: UnitOfWork, jobs: JobService, place: CollectionRow, document: DocumentRow, content: bytes, sha256: str
) -> tuple[Outcome, UUID]:
    """Keep `content` as the next version of a locked document, unless it is the latest already.

    Returns:
        what that did, and the job that makes it searched.
    """
    repository = DocumentRepository(work.session, work.tenant_id)
    latest = await repository.version(document.id, document.latest_number)
    if latest and not document.removed and latest.version.content_sha256 == sha256:
        return await again(work, jobs, place, document, latest)
    return _outcome(latest, sha256), await _new_version(work, jobs, place, document, content, sha256)


async def again(
    work: UnitOfWork, jobs: JobService, place: CollectionRow, document: DocumentRow, latest: StoredVersion
) -> tuple[Outcome, UUID]:
    """Have the latest version of a locked document read again when its indexing failed or was cancelled, or when it has
    pages that can be read only by now; else do nothing: the bytes are known already.

    What was read stays as it was cited: pages that come later are those of a next version with the same bytes.
    """
    repository = DocumentRepository(work.session, work.tenant_id)
    if has_unread_pages(latest) and installed() is not None:
        content = await repository.original(latest.version.id)
        assert content is not None, "what is erased is removed too"
        return "retried", await _new_version(work, jobs, place, document, content, latest.version.content_sha256)
    if latest.state not in RETRIED:
        return "unchanged", latest.indexing.job_id
    job_id = await jobs.enqueue(work, kind=INDEX, subject_id=latest.version.id, namespace=place.namespace)
    await repository.set_indexing(latest.version.id, "queued", job_id=job_id)
    return "retried", job_id


def has_unread_pages(version: StoredVersion) -> bool:
    """Return whether pages of a version show something of which no text could be read where it was indexed."""
    return version.reading is not None and version.reading.unread_pages > 0


async def _new_version(
    work: UnitOfWork, jobs: JobService, place: CollectionRow, document: DocumentRow, content: bytes, sha256: str
) -> UUID:
    number = document.latest_number + 1
    identity = facts.version_digest(
        document_id=document.id, namespace=place.namespace, collection=place.name, name=document.name,
        number=number, content_sha256=sha256, size=len(content),
    )  # fmt: skip
    row = VersionRow(
        tenant_id=work.tenant_id, id=new_id(), document_id=document.id, number=number, content_sha256=sha256,
        bytes=len(content), digest=identity,
    )  # fmt: skip
    repository = DocumentRepository(work.session, work.tenant_id)
    await repository.insert_version(row)
    job_id = await jobs.enqueue(work, kind=INDEX, subject_id=row.id, namespace=place.namespace)
    await repository.insert_contents(row, content, job_id)
    await facts.append_added(work, row)
    return job_id


def _outcome(latest: StoredVersion | None, sha256: str) -> Outcome:
    """Return what a new version means; one with the bytes of the latest brings a removed document back."""
    if latest is None:
        return "added"
    return "restored" if latest.version.content_sha256 == sha256 and not latest.erased else "changed"
