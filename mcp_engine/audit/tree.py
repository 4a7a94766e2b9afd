"""The stored tree: roots, frontiers and proofs read from the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mcp_engine.audit import merkle, repository, tiles
from mcp_engine.audit.merkle import Frontier, Hash, Range
from mcp_engine.audit.repository import Executor
from mcp_engine.errors import Refused


async def frontier(executor: Executor, size: int) -> Frontier:
    """Return the state of the tree at `size` leaves, to append to.

    Raises:
        Refused: `audit.tree_damaged` when a leaf or node is missing.
    """
    stored = await _fetch(executor, [(0, size)] if size else [])
    return Frontier(size, tiles.peaks(size, stored))


async def inclusion_paths(executor: Executor, indices: Sequence[int], size: int) -> list[list[Hash]]:
    """Return the inclusion proof of each leaf in the tree of `size` leaves.

    Raises:
        Refused: `audit.tree_damaged` when a leaf or node is missing.
    """
    needed = [merkle.inclusion_ranges(index, size) for index in indices]
    stored = await _fetch(executor, {part for ranges in needed for part in ranges})
    return [[tiles.range_hash(part, stored) for part in ranges] for ranges in needed]


async def consistency_path(executor: Executor, old: int, new: int) -> list[Hash]:
    """Return the proof that the tree of `new` leaves extends the one of `old`.

    Raises:
        Refused: `audit.tree_damaged` when a leaf or node is missing.
    """
    ranges = merkle.consistency_ranges(old, new)
    stored = await _fetch(executor, ranges)
    return [tiles.range_hash(part, stored) for part in ranges]


async def _fetch(executor: Executor, ranges: Collection[Range]) -> dict[tiles.StoredNode, Hash]:
    wanted = tiles.stored_parts(ranges)
    stored = await repository.stored_hashes(executor, wanted)
    if len(stored) != len(wanted):
        lost = min(wanted - stored.keys())
        place = f"leaf {lost.position}" if lost.level == 0 else f"node {lost.position} of level {lost.level}"
        raise Refused("audit.tree_damaged", f"The audit log lacks {place}; run `mcp-engine audit verify`.")
    return stored
