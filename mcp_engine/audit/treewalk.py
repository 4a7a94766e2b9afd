"""Recomputing the tree from its leaves, in batches and in memory that does not grow with the hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mcp_engine.audit.merkle import Frontier, Hash
from mcp_engine.audit.problems import Problems
from mcp_engine.audit.repository import Leaf
from mcp_engine.audit.tiles import TILE_WIDTH, StoredNode, stored_form


class TreeWalk:
    """The tree of `size` leaves, recomputed; compares the stored nodes and the roots that were signed.

    Args:
        wanted: a tree size whose root to keep in `wanted_root` (the pinned checkpoint's).
    """

    def __init__(self, size: int, wanted: int | None, problems: Problems) -> None:
        self.complete = True
        self.matched = 0
        self.wanted_root: Hash | None = None
        self._frontier = Frontier()
        self._wanted = wanted
        self._problems = problems
        self._has_entry = bytearray(size)
        self._node_differs = self._root_differs = False
        self._note_root({})

    @property
    def size(self) -> int:
        return len(self._has_entry)

    @property
    def root(self) -> Hash | None:
        """The root of the whole tree; None before its end, or when a leaf is missing."""
        return self._frontier.root() if self._frontier.size == self.size else None

    def extend(self, leaves: Sequence[Leaf], nodes: Mapping[StoredNode, Hash], roots: Mapping[int, Hash]) -> None:
        """Append a batch; `nodes` are the stored subtrees that end in it, `roots` the signed roots by size."""
        for leaf in leaves:
            if leaf.seq != self._frontier.size:
                self.missing(self._frontier.size)
                return
            for subtree, hash_ in self._frontier.append(leaf.leaf_hash):
                if (node := stored_form(subtree)) and nodes.get(node) != hash_:
                    self._node_problem(node)
            self._note_root(roots)

    def missing(self, seq: int) -> None:
        """Record that leaf `seq` is gone: nothing after it can be recomputed."""
        self.complete = False
        self._problems.add("the leaf is missing", position=seq, seq=seq)

    def match(self, seq: int) -> None:
        """Record that leaf `seq` has an entry."""
        if seq < self.size and not self._has_entry[seq]:
            self._has_entry[seq] = 1
            self.matched += 1

    def unmatched(self) -> Iterator[int]:
        """Yield the numbers that no entry has, in order."""
        seq = self._has_entry.find(0)
        while seq >= 0:
            yield seq
            seq = self._has_entry.find(0, seq + 1)

    def _note_root(self, roots: Mapping[int, Hash]) -> None:
        size = self._frontier.size
        if size == self._wanted:
            self.wanted_root = self._frontier.root()
        signed = roots.get(size)
        if signed is not None and signed != self._frontier.root() and not self._root_differs:
            self._root_differs = True
            self._problems.add(
                f"the leaves are not those of the signed checkpoint of {size} leaves", position=max(size - 1, 0)
            )

    def _node_problem(self, node: StoredNode) -> None:
        if not self._node_differs:
            self._node_differs = True
            last = (node.position + 1) * TILE_WIDTH**node.level - 1
            self._problems.add(
                f"the stored node {node.position} of level {node.level} does not fit its leaves", position=last
            )
