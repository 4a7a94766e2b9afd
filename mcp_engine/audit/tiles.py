"""Which stored hashes a proof needs: leaves, and the roots of complete subtrees of 256, 256^2, … leaves.

With them a proof in a tree of a million leaves reads some hundred rows instead of a million. The
height of 8 is that of C2SP tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mcp_engine.audit import merkle
from mcp_engine.audit.merkle import Hash, Range, Subtree

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


class StoredNode(NamedTuple):
    """Level 0: the leaf `position`; level n: the subtree of 256^n leaves at `position`."""

    level: int
    position: int


def stored_parts(ranges: Iterable[Range]) -> set[StoredNode]:
    """Return the stored nodes from which the hashes of leaf ranges follow."""
    return {part for start, end in ranges for subtree in merkle.subtrees(start, end) for part in _parts(subtree)}


def range_hash(leaves: Range, stored: Mapping[StoredNode, Hash]) -> Hash:
    """Return the hash of a node over a range of leaves.

    Raises:
        KeyError: the stored node that is missing.
    """
    return merkle.fold([_subtree_hash(subtree, stored) for subtree in merkle.subtrees(*leaves)])


def peaks(size: int, stored: Mapping[StoredNode, Hash]) -> list[Hash]:
    """Return the peaks that a `Frontier` of `size` leaves begins from."""
    return [_subtree_hash(subtree, stored) for subtree in merkle.subtrees(0, size)]


def stored_form(subtree: Subtree) -> StoredNode | None:
    """Return where a complete subtree is stored, or None when its height is not a multiple of 8."""
    level, rest = divmod(subtree.height, TILE_HEIGHT)
    return StoredNode(level, subtree.position) if level and not rest else None


def _parts(subtree: Subtree) -> list[StoredNode]:
    level, rest = divmod(subtree.height, TILE_HEIGHT)
    first = subtree.position << rest
    return [StoredNode(level, first + i) for i in range(1 << rest)]


def _subtree_hash(subtree: Subtree, stored: Mapping[StoredNode, Hash]) -> Hash:
    hashes = [stored[part] for part in _parts(subtree)]
    while len(hashes) > 1:
        hashes = [merkle.node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]
