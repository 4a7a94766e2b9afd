"""Which texts belong together: those that are linked by a chain of duplicates. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.duplicates.minhash import NEAR, similarities

Likeness = Literal["same_file", "same_text", "near"]


@dataclass(frozen=True, slots=True)
class Print:
    """What tells whether two texts are duplicates: digests of the file and of its text, and the signature."""

    content_sha256: str
    text_sha256: str
    minhash: bytes


@dataclass(frozen=True, slots=True)
class Nearest:
    """The other text (by position) that one is most like."""

    position: int
    likeness: Likeness
    similarity: float


def groups_of(prints: Sequence[Print]) -> list[list[int]]:
    """Return positions by group, largest group first; takes time with the square of their number."""
    group = list(range(len(prints)))
    for position, one in enumerate(prints):
        for before, similarity in enumerate(_alike(one, prints[:position])):
            if similarity >= NEAR and group[before] != group[position]:
                kept, gone = sorted((group[before], group[position]))
                group = [kept if number == gone else number for number in group]
    found: dict[int, list[int]] = {}
    for position, number in enumerate(group):
        found.setdefault(number, []).append(position)
    return sorted(found.values(), key=lambda positions: (-len(positions), positions))


def nearest(prints: Sequence[Print], position: int) -> Nearest:
    """Return what `prints[position]` is most like among the others; of equals the first."""
    one = prints[position]
    similarity = {other: value for other, value in enumerate(_alike(one, prints)) if other != position}
    best = max(similarity, key=lambda other: (_rank(one, prints[other]), similarity[other]))
    return Nearest(best, _likeness(one, prints[best]), similarity[best])


def _alike(one: Print, others: Sequence[Print]) -> list[float]:
    estimated = similarities(one.minhash, [other.minhash for other in others])
    return [1.0 if _rank(one, other) else value for other, value in zip(others, estimated, strict=True)]


def _rank(one: Print, other: Print) -> int:
    return 2 if one.content_sha256 == other.content_sha256 else int(one.text_sha256 == other.text_sha256)


def _likeness(one: Print, other: Print) -> Likeness:
    names: tuple[Likeness, ...] = ("near", "same_text", "same_file")
    return names[_rank(one, other)]
