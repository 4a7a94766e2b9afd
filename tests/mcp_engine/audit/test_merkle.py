"""The tree against the recursive definitions of RFC 9162, written down as they stand there."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.audit import merkle
from mcp_engine.audit.merkle import Frontier, Hash, Subtree

LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(100)]
sizes = st.integers(min_value=1, max_value=len(LEAVES))


def mth(leaves: list[Hash]) -> Hash:
    """MTH of RFC 9162, section 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[Hash]) -> list[Hash]:
    """PATH of RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[Hash], complete: bool) -> list[Hash]:
    """SUBPROOF of RFC 9162, section 2.1.4.1."""
    if m == len(leaves):
        return [] if complete else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], complete), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def hashes(ranges: list[tuple[int, int]]) -> list[Hash]:
    """Hashes of leaf ranges, folded from complete subtrees as storage does."""
    return [
        merkle.fold([mth(LEAVES[p << h : (p + 1) << h]) for h, p in merkle.subtrees(start, end)])
        for start, end in ranges
    ]


def test_the_empty_tree_and_the_domains_of_leaf_and_node() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    # The first two test vectors of Certificate Transparency's reference implementation.
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    two = merkle.root_of([merkle.leaf_hash(b""), merkle.leaf_hash(b"\x00")])
    assert two.hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


@pytest.mark.parametrize("size", range(66))
def test_roots_and_completed_subtrees_match_the_definition(size: int) -> None:
    frontier, completed = Frontier(), dict[Subtree, Hash]()
    for leaf in LEAVES[:size]:
        completed.update(frontier.append(leaf))
    assert frontier.root() == mth(LEAVES[:size])
    assert completed == {
        Subtree(height, position): mth(LEAVES[position << height : (position + 1) << height])
        for height in range(1, 8)
        for position in range(size >> height)
    }


@given(size=sizes, data=st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = hashes(merkle.inclusion_ranges(index, size))
    assert proof == path(index, LEAVES[:size])
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, mth(LEAVES[:size]))


@given(size=sizes, data=st.data())
def test_inclusion_rejects_what_is_not_there(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, len(LEAVES) - 1))
    proof, root = path(index, LEAVES[:size]), mth(LEAVES[:size])
    if other != index:
        assert not merkle.verify_inclusion(LEAVES[other], index, size, proof, root)
        assert not merkle.verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, root], root)
    if proof:
        assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)
        spoiled = [bytes(32) if i == data.draw(st.integers(0, len(proof) - 1)) else h for i, h in enumerate(proof)]
        assert spoiled == proof or not merkle.verify_inclusion(LEAVES[index], index, size, spoiled, root)


@given(old=sizes, new=sizes)
def test_consistency(old: int, new: int) -> None:
    old, new = sorted((old, new))
    proof = hashes(merkle.consistency_ranges(old, new))
    assert proof == ([] if old == new else subproof(old, LEAVES[:new], True))
    old_root, new_root = mth(LEAVES[:old]), mth(LEAVES[:new])
    assert merkle.verify_consistency(old, old_root, new, new_root, proof)
    assert not merkle.verify_consistency(old, bytes(32), new, new_root, proof)
    assert not merkle.verify_consistency(old, old_root, new, bytes(32), proof)
    assert not merkle.verify_consistency(old, old_root, new, new_root, [*proof, new_root])
    if proof:
        assert not merkle.verify_consistency(old, old_root, new, new_root, proof[:-1])


@given(old=st.integers(1, 60), new=st.integers(2, 60), position=st.integers(0, 58))
@settings(max_examples=60)
def test_a_rewritten_history_is_never_consistent(old: int, new: int, position: int) -> None:
    """Whatever proof the rewriter makes from its own leaves, the old root refuses it."""
    if not position < old < new:
        return
    rewritten = [bytes(32) if i == position else leaf for i, leaf in enumerate(LEAVES[:new])]
    proof = subproof(old, rewritten, True)
    assert not merkle.verify_consistency(old, mth(LEAVES[:old]), new, mth(rewritten), proof)


def test_every_tree_extends_the_empty_one_and_none_a_larger_one() -> None:
    assert merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, mth(LEAVES[:5]), [])
    assert not merkle.verify_consistency(0, bytes(32), 5, mth(LEAVES[:5]), [])
    assert not merkle.verify_consistency(6, mth(LEAVES[:6]), 5, mth(LEAVES[:5]), [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_inclusion_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_ranges(index, size)
    assert not merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_a_frontier_resumes_from_its_peaks() -> None:
    peaks = [mth(LEAVES[p << h : (p + 1) << h]) for h, p in merkle.subtrees(0, 21)]
    frontier = Frontier(21, peaks)
    frontier.append(LEAVES[21])
    assert frontier.root() == mth(LEAVES[:22])
    with pytest.raises(ValueError, match="peaks"):
        Frontier(21, peaks[:-1])
