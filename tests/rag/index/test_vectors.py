"""The search in memory finds exactly what comparing everything finds."""

from __future__ import annotations

import struct
from uuid import UUID

import numpy as np
import pytest

from mcp_engine.identifiers import new_id
from rag.embedding import DIMENSIONS, Vectors, normalised
from rag.index import vectors as module
from rag.index.vectors import Block, CollectionVectors

Places = list[tuple[UUID, int]]


def clustered(count: int, seed: int) -> Vectors:
    """Vectors that lie in groups of low rank, as embeddings of real texts do."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(40, 60)) @ chance.normal(size=(60, DIMENSIONS))
    noise = 2.0 * chance.normal(size=(count, DIMENSIONS))
    return normalised((centres[chance.integers(0, 40, count)] + noise).astype(np.float32))


def in_blocks(vectors: Vectors, size: int) -> dict[UUID, Block]:
    parts = np.array_split(vectors, max(1, len(vectors) // size))
    return {new_id(): Block(np.arange(len(part), dtype=np.int32), part) for part in parts}


def exact(blocks: dict[UUID, Block], query: Vectors, limit: int) -> Places:
    scored = [
        (-score, version, int(ordinal))
        for version, block in blocks.items()
        for score, ordinal in zip((block.vectors @ query).tolist(), block.ordinals, strict=True)
    ]
    return [(version, ordinal) for _, version, ordinal in sorted(scored)[:limit]]


@pytest.mark.parametrize("projected", [False, True])
@pytest.mark.parametrize("limit", [1, 10, 50])
def test_the_nearest_are_those_of_a_comparison_with_all(
    monkeypatch: pytest.MonkeyPatch, projected: bool, limit: int
) -> None:
    monkeypatch.setattr(module, "PROJECTED_FROM", 1 if projected else 10**9)
    blocks = in_blocks(clustered(3000, 1), 70)
    held = CollectionVectors(new_id(), blocks)
    assert len(held) == 3000
    for query in clustered(20, 2):
        assert set(held.nearest(query, limit)) == set(exact(blocks, query, limit))
    query = blocks[next(iter(blocks))].vectors[3]
    assert held.nearest(query, limit)[0] == (next(iter(blocks)), 3)


@pytest.mark.parametrize("projected", [False, True])
def test_equal_ones_stand_in_the_order_of_version_and_place(monkeypatch: pytest.MonkeyPatch, projected: bool) -> None:
    monkeypatch.setattr(module, "PROJECTED_FROM", 1 if projected else 10**9)
    same = np.repeat(clustered(1, 3), 30, axis=0)
    blocks = in_blocks(same, 6)
    assert (
        CollectionVectors(new_id(), blocks).nearest(same[0], 8)
        == [(version, ordinal) for version in sorted(blocks) for ordinal in range(6)][:8]
    )


def test_a_projection_of_few_or_equal_vectors_still_finds_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROJECTED_FROM", 1)
    one = clustered(1, 4)
    held = CollectionVectors(new_id(), in_blocks(one, 1))
    assert len(held.nearest(one[0], 10)) == 1
    nothing = CollectionVectors(new_id(), in_blocks(np.zeros((5, DIMENSIONS), dtype=np.float32), 5))
    assert len(nothing.nearest(one[0], 3)) == 3
    assert len(nothing.nearest(one[0], 30)) == 5


@pytest.mark.parametrize("projected", [False, True])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_search_of_some_versions_compares_with_all_of_those(
    monkeypatch: pytest.MonkeyPatch, projected: bool, share: float
) -> None:
    monkeypatch.setattr(module, "PROJECTED_FROM", 1 if projected else 10**9)
    blocks = in_blocks(clustered(3000, 7), 30)
    held = CollectionVectors(new_id(), blocks)
    among = set(list(blocks)[: max(1, int(share * len(blocks)))])
    wanted = {version: block for version, block in blocks.items() if version in among}
    for query in clustered(10, 8):
        for limit in (1, 20, 5000):
            assert set(held.nearest(query, limit, among)) == set(exact(wanted, query, limit))
    assert held.nearest(query, 5, set()) == []
    assert held.nearest(query, 5, {new_id()}) == []


def test_ranks_count_the_nearer_ones() -> None:
    blocks = in_blocks(clustered(300, 9), 20)
    held = CollectionVectors(new_id(), blocks)
    among = set(list(blocks)[:7])
    for query in clustered(3, 10):
        for chosen, searched in ((None, blocks), (among, {one: blocks[one] for one in among})):
            for rank, chunk in enumerate(exact(searched, query, 400), start=1):
                assert abs((held.rank(query, chunk, chosen) or 0) - rank) <= 1
    version = next(iter(blocks))
    assert held.rank(query, (version, 999)) is None
    assert held.rank(query, (new_id(), 0)) is None
    assert held.rank(query, (list(blocks)[-1], 0), among) is None


def test_an_empty_collection_has_nothing_near() -> None:
    held = CollectionVectors(new_id(), {})
    query = clustered(1, 5)[0]
    assert (len(held), held.bytes, held.nearest(query, 10), held.nearest(query, 10, {new_id()})) == (0, 0, [], [])


def test_blocks_read_what_pgvector_sends() -> None:
    vectors = clustered(3, 6)
    sent = b"".join(struct.pack(f">HH{DIMENSIONS}f", DIMENSIONS, 0, *vector) for vector in vectors)
    block = Block.of([4, 5, 9], sent)
    assert block.ordinals.tolist() == [4, 5, 9]
    assert np.array_equal(block.vectors, vectors)
