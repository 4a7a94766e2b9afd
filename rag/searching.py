"""One moment of a collection in which a question is asked of it, embedded by the index's own embedder."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.telemetry.gen_ai import embeddings_span
from mcp_engine.telemetry.tracing import span, tracer
from rag.collections import find_collection
from rag.embedders.registry import Embedders
from rag.embedding import Embedder, Vectors
from rag.retrieval import Question
from rag.tables import CollectionRow

_tracer = tracer(__name__)


@dataclass(frozen=True, slots=True)
class Moment:
    """A transaction that sees one state of the database, the collection in it, the question and its other wordings."""

    work: UnitOfWork
    place: CollectionRow
    question: Question
    others: tuple[Question, ...] = ()


class Searching:
    """Opens such moments.

    A re-indexing may switch to another embedder between the embedding of a question and its search: then the
    question is embedded once more, so that vectors of two embedders are never compared.
    """

    def __init__(self, database: Database, embedders: Embedders) -> None:
        self._database = database
        self._embedders = embedders

    async def embedder_of(self, place: CollectionRow) -> Embedder:
        """Return the embedder of a collection's index, the bundled one where nothing is indexed.

        Raises:
            Refused: `embedder.not_configured`, `embedder.changed`.
        """
        if place.embedder is None or place.embedder_digest is None:
            return self._embedders.bundled
        return await self._embedders.of_index(place.embedder, place.embedder_digest)

    @asynccontextmanager
    async def moment(
        self,
        caller: Caller,
        namespace: str,
        collection: str,
        text: str,
        guess: Embedder | None = None,
        context: Sequence[str] = (),
        others: Sequence[str] = (),
    ) -> AsyncGenerator[Moment]:
        """Open a transaction in which `text` can be asked of a collection.

        Args:
            guess: the embedder that the collection had a moment ago.
            context: the questions before, which are embedded with this one.
            others: other wordings of it.

        Raises:
            NotFound: `collection.not_found`.
            Refused: what `embedder_of` raises.
            EngineError: what the embedder raises.
        """
        embedded: dict[str, Vectors] = {}
        wanted = guess
        while True:
            if wanted is not None:
                embedded[wanted.digest] = await _embedded(wanted, [" ".join([*context, text]), *others])
            async with self._database.unit_of_work(caller.tenant_id, caller.principal_id, snapshot=True) as work:
                place = await find_collection(work, namespace, collection)
                wanted = await self.embedder_of(place)
                vectors = embedded.get(wanted.digest)
                if vectors is not None:
                    worded = tuple(Question.of(one, vector) for one, vector in zip(others, vectors[1:], strict=True))
                    yield Moment(work, place, Question.of(text, vectors[0], context), worded)
                    return


async def _embedded(embedder: Embedder, texts: list[str]) -> Vectors:
    name, attributes = embeddings_span(embedder.provider, embedder.name)
    with span(_tracer, name, attributes=attributes):
        return await embedder.embed_queries(texts)
