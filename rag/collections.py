"""Finding collections and versions, and what may name a document."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import Conflict, Gone, InvalidInput, NotFound, TooLarge
from mcp_engine.identifiers import checked_name
from mcp_engine.identity.namespaces import require_namespace
from rag.repository import DocumentRepository
from rag.stored import StoredDocument, StoredVersion
from rag.tables import CollectionRow

MAX_NAME_CHARACTERS = 512


async def find_collection(work: UnitOfWork, namespace: str, name: str) -> CollectionRow:
    """Return a collection, or raise `NotFound` naming those that exist."""
    checked_name(name, what="collection")
    await require_namespace(work, namespace)
    repository = DocumentRepository(work.session, work.tenant_id)
    found = await repository.collection(namespace, name)
    if found is None:
        known = (
            ", ".join(row.collection.name for row in await repository.collections(namespace, None, 20)) or "none yet"
        )
        raise NotFound(
            "collection.not_found",
            f"No collection is named {name[:140]!r} in the namespace {namespace!r}; there are: {known}. "
            "Choose one, in the shell with --collection.",
        )
    return found


async def find_version(
    repository: DocumentRepository, document_id: UUID, number: int
) -> tuple[StoredDocument, StoredVersion]:
    """Return a document and one of its versions.

    Raises:
        NotFound: `document.not_found`, `document.version_not_found`.
    """
    stored = await repository.document(document_id)
    if stored is None:
        raise no_document(document_id)
    version = await repository.version(document_id, number)
    if version is None:
        raise NotFound(
            "document.version_not_found",
            f"{stored.document.name} has no version {number}; there are 1 to {stored.document.latest_number}.",
        )
    return stored, version


def no_document(document_id: UUID) -> NotFound:
    return NotFound("document.not_found", f"There is no document {document_id}.")


def name_taken(name: str) -> Conflict:
    """Return the error for a name that somebody else's document has; that it has one is all that it tells."""
    return Conflict("document.name_taken", f"You can't add {name[:140]!r} here; choose another name.")


def erased() -> Gone:
    return Gone("content.erased", "The content of this version was erased; the audit log keeps the tombstone.")


def checked_document_name(name: str) -> str:
    """Return `name` if it can name a document: a file name or a relative path.

    Raises:
        InvalidInput: `document.name_invalid`.
    """
    wrong = (
        not name.strip()
        or len(name) > MAX_NAME_CHARACTERS
        or name.startswith("/")
        or ".." in name.split("/")
        or any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name)
    )
    if wrong:
        raise InvalidInput(
            "document.name_invalid",
            f"{name[:140]!r} can't name a document: use a file name or a relative path of 1 to {MAX_NAME_CHARACTERS} "
            "characters, without control characters and without '..'.",
        )
    return name


def too_large(limit: int) -> TooLarge:
    return TooLarge(
        "document.too_large", f"A document has at most {limit:,} bytes; split it into parts.", details={"limit": limit}
    )
