"""What every vector store must do: one suite, run against each adapter.

An adapter's tests derive from `StoreConformance` and give it a `store`. Stores may be approximate among more chunks
than these; here all must be exact.
"""

from __future__ import annotations

import numpy as np
import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from rag.stores.port import VectorStore
from tests.conftest import make_tenant
from tests.rag.stores.recorded import Collected, Piece, places, random_units, unit


class StoreConformance:
    """Derive from it, and define a fixture `store`."""

    @pytest_asyncio.fixture(loop_scope="session")
    async def docs(self, database: Database, store: VectorStore, caller: Caller) -> Collected:
        return await Collected.make(database, store, caller)

    async def test_the_nearest_are_found_nearest_first_with_their_cosine(self, docs: Collected) -> None:
        vectors, (query,) = random_units(1, 60), random_units(2, 1)
        versions = [await docs.add([Piece(one) for one in vectors[at : at + 10]]) for at in range(0, 60, 10)]
        found = await docs.find(query, limit=7)
        cosines = vectors @ query
        nearest = [(versions[at // 10], int(at % 10)) for at in np.argsort(-cosines)[:7]]
        assert found.near[:7] == nearest
        by_place = {(one.version_id, one.ordinal): one.similarity for one in found.found}
        for place, cosine in zip(nearest, np.sort(cosines)[::-1], strict=False):
            assert by_place[place] == pytest.approx(float(cosine), abs=1e-5)
        assert found.chunks == 60

    async def test_words_find_what_is_far_away(self, docs: Collected) -> None:
        crowd = await docs.add([Piece(unit(1, n / 100), "The keeper counts the boats.") for n in range(30)])
        rare = await docs.add([Piece(unit(0, 0, 1), "An axolotl sleeps.")])
        found = await docs.find(unit(1), "Where do axolotls sleep?", limit=5)
        assert (rare, 0) in places(found)
        assert found.worded == [(rare, 0)]
        assert found.near[0] == (crowd, 0)
        assert found.scores.holding == {"axolotl": 1, "sleep": 1}
        assert {one.bm25 > 0 for one in found.found if one.version_id == crowd} == {False}

    async def test_only_the_versions_asked_for_are_searched(self, docs: Collected) -> None:
        one, other, third = [await docs.add([Piece(unit(1, n), "harbour master") for n in range(3)]) for _ in range(3)]
        for words in ("", "harbour"):
            found = await docs.find(unit(1), words, limit=20, among={one, third})
            assert places(found) == {(version, n) for version in (one, third) for n in range(3)}
            assert (await docs.find(unit(1), words, among=set())).found == []
            assert (await docs.find(unit(1), words, among={new_id()})).found == []
        assert (other, 0) in places(await docs.find(unit(1), limit=20))

    async def test_equal_ones_stand_in_the_order_of_version_and_ordinal(self, docs: Collected) -> None:
        versions = sorted([await docs.add([Piece(unit(1), "same words")] * 3) for _ in range(3)])
        expected = [(version, ordinal) for version in versions for ordinal in range(3)]
        found = await docs.find(unit(1), "same words", limit=9)
        assert found.near == expected
        assert found.worded == expected

    async def test_what_is_removed_is_not_found(self, docs: Collected) -> None:
        kept, removed = [await docs.add([Piece(unit(1, n), "granite") for n in range(3)]) for _ in range(2)]
        await docs.remove(removed)
        found = await docs.find(unit(1), "granite", limit=20)
        assert {one.version_id for one in found.found} == {kept}
        assert found.chunks == 3
        await docs.store.drop(docs.caller.tenant_id, [removed, new_id()])
        await docs.store.drop(docs.caller.tenant_id, [])
        assert places(await docs.find(unit(1), "granite", limit=20)) == places(found)

    async def test_a_removal_counts_before_the_store_hears_of_it(self, docs: Collected) -> None:
        removed = await docs.add([Piece(unit(1), "slate")])
        await docs.remove(removed, told=False)
        assert (await docs.find(unit(1), "slate")).found == []

    async def test_telling_twice_is_telling_once(self, docs: Collected) -> None:
        pieces = [Piece(unit(1, n), f"mast number {n}") for n in range(4)]
        version = await docs.add(pieces)
        once = await docs.find(unit(1), "mast", limit=20)
        await docs.tell(version, pieces)
        await docs.tell(version, pieces[1:2])
        twice = await docs.find(unit(1), "mast", limit=20)
        assert sorted(places(twice)) == sorted(places(once)) == [(version, n) for n in range(4)]
        assert len(twice.found) == 4

    async def test_tenants_see_nothing_of_each_other(self, docs: Collected, database: Database) -> None:
        await docs.add([Piece(unit(1), "secret anchor")])
        stranger = await make_tenant(database)
        assert (await docs.find(unit(1), "anchor", caller=stranger)).found == []
        theirs = await Collected.make(database, docs.store, stranger)
        version = await theirs.add([Piece(unit(1), "public anchor")])
        assert places(await theirs.find(unit(1), "anchor")) == {(version, 0)}
        assert (await theirs.find(unit(1), "anchor", collection_id=docs.id)).found == []
        await docs.store.drop(stranger.tenant_id, [one.version_id for one in (await docs.find(unit(1))).found])
        assert len((await docs.find(unit(1))).found) == 1

    async def test_other_collections_are_not_searched(self, docs: Collected, database: Database) -> None:
        other = await Collected.make(database, docs.store, docs.caller)
        await other.add([Piece(unit(1), "lantern")])
        here = await docs.add([Piece(unit(0, 1), "lantern")])
        assert places(await docs.find(unit(1), "lantern")) == {(here, 0)}

    async def test_nothing_is_found_where_nothing_is(self, docs: Collected) -> None:
        for words in ("", "anything"):
            found = await docs.find(unit(1), words)
            assert (found.found, found.near, found.worded, found.chunks) == ([], [], [], 0)
            assert (await docs.find(unit(1), words, collection_id=new_id())).found == []

    async def test_words_of_every_script_are_found(self, docs: Collected) -> None:
        texts = ["Ærøskøbing ligger på Ærø.", "灯台 守 は 海 を 見る。", "Маяк стоит на скале.", "naïve café 🦑 ﬁn"]
        version = await docs.add([Piece(unit(0, *[0] * n, 1), text) for n, text in enumerate(texts)])
        for ordinal, word in enumerate(("ÆRØ", "灯台", "маяк", "CAFÉ")):
            assert (await docs.find(unit(1), word, limit=4)).worded == [(version, ordinal)]

    async def test_many_chunks_are_all_taken(self, docs: Collected) -> None:
        vectors = random_units(3, 450)
        version = await docs.add([Piece(vector, f"buoy {n}") for n, vector in enumerate(vectors)])
        assert places(await docs.find(vectors[0], limit=450)) == {(version, n) for n in range(450)}
        assert (await docs.find(vectors[321], limit=1)).near[0] == (version, 321)

    async def test_emptying_one_tenant_leaves_the_others(self, docs: Collected, database: Database) -> None:
        stranger = await Collected.make(database, docs.store, await make_tenant(database))
        await stranger.add([Piece(unit(1), "tide")])
        pieces = [Piece(unit(1), "tide")]
        version = await docs.add(pieces)
        await docs.store.drop_tenant(docs.caller.tenant_id)
        await docs.store.drop_tenant(docs.caller.tenant_id)
        assert len((await stranger.find(unit(1), "tide")).found) == 1
        await docs.tell(version, pieces)
        assert places(await docs.find(unit(1), "tide")) == {(version, 0)}
