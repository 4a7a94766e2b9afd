"""The Merkle tree of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1), pure and without storage.

Proofs are made in two steps, so that storage can be asynchronous: `inclusion_ranges` and
`consistency_ranges` say which ranges of leaves a proof needs the hashes of, `subtrees` splits a range
into complete subtrees, and `fold` joins their hashes again. Verification needs hashes only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Hash = bytes
Range = tuple[int, int]
HASH_BYTES = 32
EMPTY_ROOT: Hash = hashlib.sha256(b"").digest()


class Subtree(NamedTuple):
    """The complete subtree over leaves `[position << height, (position + 1) << height)`."""

    height: int
    position: int


class Frontier:
    """The state needed to append: the roots of the complete subtrees that the present leaves split into.

    Args:
        size: number of leaves so far.
        peaks: roots of `subtrees(0, size)`, largest first.
    """

    def __init__(self, size: int = 0, peaks: Sequence[Hash] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: Hash) -> list[tuple[Subtree, Hash]]:
        """Append a leaf's hash; return the subtrees that it completed, smallest first, without the leaf itself."""
        completed: list[tuple[Subtree, Hash]] = []
        height, position = 0, self.size
        while position & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            height, position = height + 1, position >> 1
            completed.append((Subtree(height, position), leaf))
        self._peaks.append(leaf)
        self.size += 1
        return completed

    def root(self) -> Hash:
        return fold(self._peaks)

    def copy(self) -> Frontier:
        return Frontier(self.size, self._peaks)


def leaf_hash(data: bytes) -> Hash:
    """Return the hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[Hash]) -> Hash:
    """Return the root over leaf hashes (RFC 6962 MTH)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def subtrees(start: int, end: int) -> list[Subtree]:
    """Return the complete subtrees that the leaves `[start, end)` of one node split into, largest first."""
    parts: list[Subtree] = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append(Subtree(height, start >> height))
        start += 1 << height
    return parts


def fold(hashes: Sequence[Hash]) -> Hash:
    """Return the hash of the node whose complete subtrees have these roots, largest first."""
    if not hashes:
        return EMPTY_ROOT
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the leaf ranges whose hashes are the inclusion proof PATH(index, D[size]), in its order.

    Source: RFC 9162, section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    start, end, path = 0, size, list[Range]()
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append((split, end))
            end = split
        else:
            path.append((start, split))
            start = split
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Return the leaf ranges whose hashes are the consistency proof PROOF(old, D[new]), in its order.

    Empty when `old` is 0 or equals `new`. Source: RFC 9162, section 2.1.4.1.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not extend one of {old}")
    if old in (0, new):
        return []
    start, end, path = 0, new, list[Range]()
    while old != end:
        split = start + _split(end - start)
        if old <= split:
            path.append((split, end))
            end = split
        else:
            path.append((start, split))
            start = split
    if start:
        path.append((start, end))
    return path[::-1]


def verify_inclusion(leaf: Hash, index: int, size: int, path: Sequence[Hash], root: Hash) -> bool:
    """Return whether `path` proves that `leaf` is leaf `index` of the tree. Source: RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    position, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(old: int, old_root: Hash, new: int, new_root: Hash, path: Sequence[Hash]) -> bool:
    """Return whether `path` proves that the new tree extends the old one. Source: RFC 9162, section 2.1.4.2.

    An empty old tree is extended by every tree, with an empty path.
    """
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if old == new:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """Return the largest power of two below `size`: how many leaves go left (RFC 9162, section 2.1.1)."""
    return 1 << (size - 1).bit_length() - 1
