"""Which sentences of a collection questions are drafted about."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final
from uuid import UUID

from rag.lexical import terms, words

MIN_CHARACTERS: Final = 40
MAX_CHARACTERS: Final = 400
_MIN_TERMS: Final = 5
_STARTS: Final = re.compile(r"[\"'“‘(]?[^\W_]")
_ENDS: Final = re.compile(r"[.!][\"'”’)\]]*$")
_POINTS_BACK: Final = frozenset(
    re.findall(
        r"\w+",
        "he her hers here him his it its she such that their them then there these they this those thus",
    )
)
"""What begins with one of these speaks of what was said before: nobody can ask about it without that."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A chunk that sentences are drawn from: `text` is its version's `[start:]`, and `sentences` are offsets in it."""

    version_id: UUID
    start: int
    text: str
    sentences: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence: `text[start:end]` of a version."""

    version_id: UUID
    start: int
    end: int


def drawn(stretches: Sequence[Stretch], count: int, seed: int) -> list[Place]:
    """Return up to `count` sentences that are fit to be asked about: one of each stretch, then another of each.

    Which ones is drawn by `seed`; a text that stands in several documents is drawn once.
    """
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    piles = [[one for one in _sentences(stretch) if is_fit(one[1])] for stretch in stretches]
    for pile in piles:
        rng.shuffle(pile)
    chosen: dict[str, Place] = {}
    for one in chain.from_iterable(zip_longest(*piles)):
        if len(chosen) == count:
            break
        if one is not None:
            chosen.setdefault(one[1], one[0])
    return list(chosen.values())


def is_fit(sentence: str) -> bool:
    """Return whether a sentence stands by itself: a whole one of some length that does not point back.

    A rule for English; of other languages more is drawn that points back, and a person rejects it.
    """
    if not MIN_CHARACTERS <= len(sentence) <= MAX_CHARACTERS or "\n\n" in sentence:
        return False
    if (
        not _STARTS.match(sentence)
        or sentence[0].islower()
        or not _ENDS.search(sentence)
        or len(set(terms(sentence))) < _MIN_TERMS
    ):
        return False
    return words(sentence)[0] not in _POINTS_BACK


def _sentences(stretch: Stretch) -> Iterator[tuple[Place, str]]:
    for start, end in stretch.sentences:
        text = stretch.text[start - stretch.start : end - stretch.start]
        yield Place(stretch.version_id, start, end), text
