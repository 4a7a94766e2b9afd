"""Adding the sample collection."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE
from rag.service import DocumentService

COLLECTION = "handbook"
_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[1]


def sample_documents() -> dict[str, Path]:
    """Return the sample's documents by name: public-domain texts, and the project's own pages in a checkout."""
    speeches = {path.name: path for pattern in ("*.pdf", "1*.md") for path in sorted(_HERE.glob(pattern))}
    pages = sorted((_CHECKOUT / "docs").glob("*.md"))
    return speeches | {str(page.relative_to(_CHECKOUT)): page for page in pages}


async def add_sample(documents: DocumentService, caller: Caller) -> None:
    """Add each sample document; those that are there already stay as they are."""
    for name, path in sample_documents().items():
        await documents.add(caller, DEFAULT_NAMESPACE, COLLECTION, name, await asyncio.to_thread(path.read_bytes))
