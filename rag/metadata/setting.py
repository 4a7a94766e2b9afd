"""Changing a document's metadata, in the transaction of whoever locked it."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from mcp_engine.audit.events import append
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from rag.metadata import facts
from rag.metadata.repository import MetadataRepository
from rag.metadata.values import Metadata
from rag.tables import DocumentRow

_METADATA: TypeAdapter[Metadata] = TypeAdapter(Metadata)


def parsed_metadata(text: str) -> Metadata:
    """Return metadata from its JSON.

    Raises:
        InvalidInput: `metadata.invalid`.
    """
    try:
        return _METADATA.validate_json(text)
    except ValidationError as error:
        raise InvalidInput(
            "metadata.invalid", f"Correct the metadata: {faults_of(error, whole='the whole')}"
        ) from error


async def describe(work: UnitOfWork, document: DocumentRow, wanted: Metadata) -> None:
    """Make a locked document's metadata this, all of it; nothing happens when it is already."""
    event = facts.changed(document.id, document.key_values, wanted)
    if event is None:
        return
    await MetadataRepository(work.session).replace(document, wanted)
    await append(work, event)
