"""Finding collections, and what may name a document."""

from __future__ import annotations

import unicodedata

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import InvalidInput, NotFound, TooLarge
from mcp_engine.identifiers import checked_name
from mcp_engine.identity.namespaces import require_namespace
from rag.repository import DocumentRepository
from rag.tables import CollectionRow

MAX_NAME_CHARACTERS = 512


async def find_collection(work: UnitOfWork, namespace: str, name: str) -> CollectionRow:
    """Return a collection, or raise `NotFound` naming those that exist."""
    checked_name(name, what="collection")
    await require_namespace(work, namespace)
    repository = DocumentRepository(work.session, work.tenant_id)
    found = await repository.collection(namespace, name)
    if found is None:
        known = ", ".join(row.name for row, _ in await repository.collections(namespace, None, 20)) or "none yet"
        raise NotFound(
            "collection.not_found", f"No collection in {namespace!r} is named {name[:140]!r}; there are: {known}."
        )
    return found


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
