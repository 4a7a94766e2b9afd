"""A Weaviate server as a store (see `rag.stores.port` for what that promises).

What the server is given: vectors, terms and ids, no text. What it finds is read again from PostgreSQL, so a server
that lags behind or is wrong can show nobody what is not theirs or not searched any more.

A search is Weaviate's own hybrid: nearest by cosine and best by BM25, each scaled to 0..1 and mixed in halves
(`relativeScoreFusion`), twice as many as are wanted of each; the strategy's own mixture is taken from PostgreSQL's
scores afterwards. The nearest are found by HNSW and so approximately; exactly among fewer chunks than the server's
`flatSearchCutoff` (40,000 by default), since every search is filtered by its collection.

Not covered: what a write does that arrives after its sender gave it up, and after a later change was delivered: its
chunks stay in the store, unseen, until `reindex-store --empty-first`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence, Set
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_engine.errors import Refused
from rag.index.postings import LexicalQuery, Places
from rag.index.repository import Candidates, IndexRepository
from rag.stores.port import SearchedIndex, StoredChunk
from rag.stores.repository import StoreRepository
from rag.stores.weaviate.connection import WeaviateConnection, WeaviateOptions
from rag.stores.weaviate.schema import (
    COLLECTION_ID,
    ORDINAL,
    TERMS,
    VECTOR,
    VERSION_ID,
    ensure_collection,
    ensure_tenant,
    tenant_name,
)
from rag.stores.weaviate.writing import chunks_refused, insert, remove

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient
    from weaviate.collections import CollectionAsync

_OBJECTS_AT_A_TIME = 100
_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 0.2


class WeaviateStore:
    """One collection of all tenants for each length of vectors; connects when it is first asked."""

    name = "weaviate"
    follows = True

    def __init__(self, options: WeaviateOptions) -> None:
        self._options = options
        self._connection = WeaviateConnection(options)
        self._made: set[str] = set()

    def index(self, session: AsyncSession, tenant_id: UUID) -> SearchedIndex:
        return _WeaviateIndex(self, session, tenant_id)

    async def find(
        self,
        tenant_id: UUID,
        collection_id: UUID,
        vector: npt.NDArray[np.float32],
        terms: Sequence[str],
        limit: int,
        among: Set[UUID] | None,
    ) -> Places:
        """Return the best places of a collection as the server has it, best first; raises as `put` does."""
        if among is not None and not among:
            return []
        async with self._asking(self._options.timeout_seconds) as client:
            from weaviate.exceptions import WeaviateQueryError

            collection, tenant = await self._collection(client, len(vector)), tenant_name(tenant_id)
            try:
                return await _hybrid(collection.with_tenant(tenant), collection_id, vector, terms, limit, among)
            except WeaviateQueryError:
                is_there = await client.collections.exists(collection.name)
                if is_there and await collection.tenants.get_by_name(tenant) is None:
                    return []  # nothing was ever put there
                raise

    async def put(self, tenant_id: UUID, collection_id: UUID, chunks: Sequence[StoredChunk]) -> None:
        if not chunks:
            return
        async with self._asking(self._options.write_seconds) as client:
            collection = await self._collection(client, len(chunks[0].vector))
            await ensure_tenant(collection, tenant_name(tenant_id))
        for start in range(0, len(chunks), _OBJECTS_AT_A_TIME):
            await self._put_batch(tenant_id, collection_id, chunks[start : start + _OBJECTS_AT_A_TIME])

    async def drop(self, tenant_id: UUID, version_ids: Sequence[UUID]) -> None:
        if not version_ids:
            return
        async with self._asking(self._options.write_seconds) as client:
            for collection in await self._holding(client, tenant_id):
                await remove(collection, version_ids)

    async def drop_tenant(self, tenant_id: UUID) -> None:
        async with self._asking(self._options.write_seconds) as client:
            for collection in await self._holding(client, tenant_id):
                await collection.tenants.remove(tenant_name(tenant_id))

    async def close(self) -> None:
        await self._connection.close()

    async def _put_batch(self, tenant_id: UUID, collection_id: UUID, chunks: Sequence[StoredChunk]) -> None:
        """Put one batch; what the server refuses is offered again before it counts as refused."""
        left, refused = list(chunks), dict[int, str]()
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            async with self._asking(self._options.write_seconds) as client:
                collection = await self._collection(client, len(left[0].vector))
                refused = await insert(collection.with_tenant(tenant_name(tenant_id)), collection_id, left)
            if not refused:
                return
            left = [left[at] for at in sorted(refused)]
            refused = dict(enumerate(refused[at] for at in sorted(refused)))
        raise chunks_refused(left, refused, of=len(chunks))

    async def _collection(self, client: WeaviateAsyncClient, dimensions: int) -> CollectionAsync[Any, Any]:
        """Return the collection of vectors of so many dimensions, made when it is not there."""
        name = f"{self._options.collection}{dimensions}"
        if name not in self._made:
            await ensure_collection(client, name)
            self._made.add(name)
        return client.collections.use(name)

    async def _holding(self, client: WeaviateAsyncClient, tenant_id: UUID) -> list[CollectionAsync[Any, Any]]:
        """Return the collections that have the tenant, as the tenant sees them."""
        ours = rf"{self._options.collection}\d+"
        names = [name for name in await self._connection.collection_names() if re.fullmatch(ours, name)]
        tenant = tenant_name(tenant_id)
        found = [client.collections.use(name).with_tenant(tenant) for name in sorted(names)]
        return [one for one in found if await one.tenants.get_by_name(tenant) is not None]

    @asynccontextmanager
    async def _asking(self, seconds: float) -> AsyncGenerator[WeaviateAsyncClient]:
        try:
            async with self._connection.asking(seconds) as client:
                yield client
        except Refused:
            # Perhaps somebody removed a collection.
            self._made.clear()
            raise


class _WeaviateIndex:
    """A tenant's chunks: found by the server, read from PostgreSQL; found there too as long as the server is stale."""

    def __init__(self, store: WeaviateStore, session: AsyncSession, tenant_id: UUID) -> None:
        self._store = store
        self._session = session
        self._tenant_id = tenant_id

    async def candidates(
        self,
        collection_id: UUID,
        vector: npt.NDArray[np.float32],
        query: LexicalQuery,
        limit: int,
        among: Set[UUID] | None = None,
    ) -> Candidates:
        record = IndexRepository(self._session)
        if await StoreRepository(self._session, self._tenant_id).is_stale(collection_id):
            return await record.candidates(collection_id, vector, query, limit, among)
        found = await self._store.find(self._tenant_id, collection_id, vector, query.terms, limit, among)
        allowed = found if among is None else [place for place in found if place[0] in among]
        return await record.candidates_at(collection_id, vector, query, allowed)


async def _hybrid(
    collection: CollectionAsync[Any, Any],
    collection_id: UUID,
    vector: npt.NDArray[np.float32],
    terms: Sequence[str],
    limit: int,
    among: Set[UUID] | None,
) -> Places:
    from weaviate.classes.query import Filter, HybridFusion

    where = Filter.by_property(COLLECTION_ID).equal(collection_id)
    if among is not None:
        where = where & Filter.by_property(VERSION_ID).contains_any(sorted(among))
    near: list[float] = vector.tolist()
    if terms:
        found = await collection.query.hybrid(
            " ".join(terms), alpha=0.5, vector=near, query_properties=[TERMS],
            fusion_type=HybridFusion.RELATIVE_SCORE, limit=2 * limit, filters=where, target_vector=VECTOR,
            return_properties=[VERSION_ID, ORDINAL],
        )  # fmt: skip
    else:
        found = await collection.query.near_vector(
            near, limit=2 * limit, filters=where, target_vector=VECTOR, return_properties=[VERSION_ID, ORDINAL]
        )
    return [(UUID(str(one.properties[VERSION_ID])), int(one.properties[ORDINAL])) for one in found.objects]
