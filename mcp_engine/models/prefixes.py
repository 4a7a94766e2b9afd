"""Saved prompt states: when prompts alternate, a long common beginning is restored, not read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass


def common_prefix_length(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many tokens two sequences share from the start."""
    length = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        length += 1
    return length


@dataclass(frozen=True, slots=True)
class SavedPrefix:
    """The native state after `tokens` were read on behalf of `owner`."""

    owner: str
    tokens: tuple[int, ...]
    state: bytes


class PrefixCache:
    """The most recently used states within `capacity_bytes`; an owner finds only its own.

    Owners are tenants: a state shared between them would tell one, by its speed and its count of
    cached tokens, what another had asked.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._saved: OrderedDict[tuple[str, tuple[int, ...]], SavedPrefix] = OrderedDict()
        self.size_bytes = 0

    def put(self, prefix: SavedPrefix) -> None:
        """Keep a state, dropping the least recently used ones that no longer fit."""
        if len(prefix.state) > self._capacity_bytes:
            return
        replaced = self._saved.pop((prefix.owner, prefix.tokens), None)
        self.size_bytes += len(prefix.state) - (len(replaced.state) if replaced else 0)
        self._saved[prefix.owner, prefix.tokens] = prefix
        while self.size_bytes > self._capacity_bytes:
            _, dropped = self._saved.popitem(last=False)
            self.size_bytes -= len(dropped.state)

    def best(self, owner: str, tokens: Sequence[int]) -> tuple[SavedPrefix, int] | None:
        """Return the owner's state that shares the most with `tokens`, and how many tokens it shares."""
        candidates = [
            (common_prefix_length(prefix.tokens, tokens), prefix)
            for prefix in self._saved.values()
            if prefix.owner == owner
        ]
        if not candidates:
            return None
        length, prefix = max(candidates, key=lambda candidate: candidate[0])
        if length == 0:
            return None
        self._saved.move_to_end((prefix.owner, prefix.tokens))
        return prefix, length

    def holds(self, owner: str, tokens: tuple[int, ...]) -> bool:
        return (owner, tokens) in self._saved
