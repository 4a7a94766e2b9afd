"""What an answer depends on, as one digest."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mcp_engine import __version__
from mcp_engine.canonical import digest
from rag.strategy import Filters


@dataclass(frozen=True, slots=True)
class IndexState:
    """A collection as one reader sees it at one moment.

    Args:
        revision: another after each change of what is searched.
        metadata_revision: another after each change of what documents are filtered by.
        embedder_digest: of what the question is embedded with; None where nothing is indexed.
        readable: digest of the versions that the reader may read; None where no document has an access list.
        is_settled: whether a store that follows the index has heard of all of it, so that it finds all of it.
    """

    collection_id: UUID
    revision: UUID
    metadata_revision: UUID
    embedder_digest: str | None
    readable: str | None
    is_settled: bool


@dataclass(frozen=True, slots=True)
class CacheQuestion:
    """A question as it is compared: the same but for white space around it and for how its characters are composed.

    Args:
        lock_digest: of the strategy's version, with everything that it depends on.
        context: the questions before, which it is understood with.
    """

    text: str
    namespace: str
    collection: str
    lock_digest: str
    context: Sequence[str] = ()
    filters: Filters | None = None

    def key(self, state: IndexState) -> str:
        """Return the digest of everything that shapes the answer, this release of the engine among it."""
        filters = Filters() if self.filters is None else self.filters
        return digest(
            {
                "engine": __version__,
                "question": unicodedata.normalize("NFC", self.text).strip(),
                "context": list(self.context),
                "filters": filters.model_dump(mode="json"),
                "lock": self.lock_digest,
                "collection_id": str(state.collection_id),
                "index_revision": str(state.revision),
                "metadata_revision": str(state.metadata_revision),
                "embedder": state.embedder_digest,
                "readable": state.readable,
            }
        )
