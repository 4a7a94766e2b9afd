"""Versions with made-up vectors in PostgreSQL, as indexing leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from rag.embedding import DIMENSIONS, packed
from rag.index.postings import LexicalQuery
from rag.index.repository import Candidates, IndexedChunk, IndexRepository
from rag.indexing import postings
from rag.lexical import K1, B, terms
from rag.repository import DocumentRepository
from rag.stores.port import StoredChunk, VectorStore
from rag.tables import TextRow, VersionRow

Vector = npt.NDArray[np.float32]


def unit(*weights: float) -> Vector:
    """Return a vector of length 1 that begins with these weights."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


def random_units(seed: int, count: int) -> Vector:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass(frozen=True)
class Piece:
    """A chunk to be: a vector and a text."""

    vector: Vector
    text: str = ""


@dataclass(frozen=True)
class Collected:
    """A collection in PostgreSQL, and a store that is told what happens to it."""

    database: Database
    store: VectorStore
    caller: Caller
    id: UUID
    name: str

    @classmethod
    async def make(cls, database: Database, store: VectorStore, caller: Caller) -> Collected:
        name = new_id().hex
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            row = await DocumentRepository(work.session, work.tenant_id).ensure_collection("default", name)
        return cls(database, store, caller, row.id, name)

    async def add(self, pieces: Sequence[Piece], *, told: bool = True) -> UUID:
        """Index a version and tell the store; return its id."""
        version_id = await self._record(pieces)
        if told:
            await self.tell(version_id, pieces)
        return version_id

    async def tell(self, version_id: UUID, pieces: Sequence[Piece]) -> None:
        chunks = [StoredChunk(version_id, n, piece.vector, terms(piece.text)) for n, piece in enumerate(pieces)]
        await self.store.put(self.caller.tenant_id, self.id, chunks)

    async def remove(self, version_id: UUID, *, told: bool = True) -> None:
        async with self.database.unit_of_work(self.caller.tenant_id, self.caller.principal_id) as work:
            await IndexRepository(work.session).clear(self.id, version_id)
            version = await DocumentRepository(work.session, work.tenant_id).version_by_id(version_id)
            assert version is not None
            await DocumentRepository(work.session, work.tenant_id).set_searched(version.document_id, None)
        if told:
            await self.store.drop(self.caller.tenant_id, [version_id])

    async def find(
        self,
        vector: Vector,
        words: str = "",
        limit: int = 10,
        among: set[UUID] | None = None,
        caller: Caller | None = None,
        collection_id: UUID | None = None,
    ) -> Candidates:
        who = caller or self.caller
        query = LexicalQuery(list(dict.fromkeys(terms(words))), K1, B)
        async with self.database.unit_of_work(who.tenant_id, who.principal_id) as work:
            index = self.store.index(work.session, work.tenant_id)
            return await index.candidates(collection_id or self.id, vector, query, limit, among)

    async def _record(self, pieces: Sequence[Piece]) -> UUID:
        text, starts = "", list[int]()
        for piece in pieces:
            starts.append(len(text))
            text += f"{piece.text}\n"
        found = [terms(piece.text) for piece in pieces]
        chunks = [
            IndexedChunk(
                ordinal=n, start=start, end=start + len(piece.text), page=None, terms=len(found[n]),
                embedding=piece.vector, starts=[start], ends=[start + len(piece.text)],
                vectors=packed(piece.vector.reshape(1, -1)),
            )
            for n, (piece, start) in enumerate(zip(pieces, starts, strict=True))
        ]  # fmt: skip
        async with self.database.unit_of_work(self.caller.tenant_id, self.caller.principal_id) as work:
            repository = DocumentRepository(work.session, work.tenant_id)
            document = await repository.lock_document(self.id, new_id().hex)
            assert document is not None
            version = VersionRow(
                tenant_id=work.tenant_id, id=new_id(), document_id=document.id, number=1,
                content_sha256=new_id().hex, bytes=1, digest=new_id().hex,
            )  # fmt: skip
            await repository.insert_version(version)
            await repository.insert_contents(version, b"x", new_id())
            work.session.add(TextRow(tenant_id=work.tenant_id, version_id=version.id, text=text, pages=[]))
            await IndexRepository(work.session).insert(work.tenant_id, self.id, version.id, chunks, postings(found))
            await repository.set_searched(document.id, 1)
        return version.id


def places(candidates: Candidates) -> set[tuple[UUID, int]]:
    return {(one.version_id, one.ordinal) for one in candidates.found}
