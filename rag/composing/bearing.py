"""Whether a sentence of the documents bears out what a model wrote.

A model may order, shorten and join what the documents say. Rules, not a model, look for what it added: a word, a name
or a number that the sentence does not hold, another relation ("before" for "after"), a denial or a condition that one
has and the other lacks, words in an order that says something else. They see no meaning: what passes is made of the
sentence's own words as they stand there, with words left out, a beginning put at the end, or passive for active. What
says the same in other words is cut, which costs an answer some prose and never its evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from rag import support
from rag.composing.arrangement import CLAUSE, JOINING, is_rearranged
from rag.lexical import terms, words

Fault = Literal[
    "no_statement",
    "added_words",
    "added_number",
    "added_name",
    "relation",
    "condition",
    "denial",
    "rearranged",
    "repeated",
]

_RELATIONS: Final = frozenset(
    re.findall(
        r"\w+",
        """about above after against all any before below between both down during each few from more most off on only
        out over same through under until up""",
    )
)
"""Words that are no terms, for they say little of what a text is about, and yet turn what it says."""
_CONDITIONS: Final = frozenset(
    re.findall(
        r"\w+",
        """allegedly almost apparently approximately can could except if likely may maybe might must nearly often only
        perhaps possibly probably rarely reportedly should sometimes unless until usually would""",
    )
)
_FEWEST_TERMS: Final = 2
"""Of a clause that can be borne out by itself; fewer are part of an enumeration."""


def bearing(claim: str, sources: Sequence[str], preferred: Sequence[int] = ()) -> tuple[int, ...] | Fault:
    """Return the places of the sources that bear out `claim`, or what it adds to the one that is nearest to it.

    One source has to bear out all of it; of a claim made of clauses, each may have its own. Two facts of two sources
    can't be mixed within a clause.

    Args:
        preferred: places of the sources that the model named; they are tried first.
    """
    order = [*preferred, *(place for place in range(len(sources)) if place not in preferred)]
    faults: dict[int, Fault] = {}
    for place in order:
        fault = fault_of(claim, sources[place])
        if fault is None:
            return (place,)
        faults[place] = fault
    clauses = CLAUSE.split(claim)
    if len(clauses) > 1:
        found = [_alone(clause, sources, order) for clause in clauses]
        if None not in found:
            return tuple(dict.fromkeys(place for place in found if place is not None))
    own = frozenset(terms(claim))
    return faults[max(order, key=lambda place: len(own.intersection(terms(sources[place]))))]


def fault_of(claim: str, source: str) -> Fault | None:
    """Return what `claim` says that `source` does not; None when there is nothing."""
    said, held = words(claim), frozenset(words(source))
    own, known = terms(claim), frozenset(terms(source)) | JOINING
    if not own or claim.rstrip().endswith("?"):
        return "no_statement"
    if not support.numbers(claim) <= support.numbers(source):
        return "added_number"
    lacking = frozenset(own) - known
    if lacking:
        return "added_name" if lacking & support.names(f". {claim}") else "added_words"
    spoken = frozenset(said)
    if spoken & _RELATIONS - held:
        return "relation"
    if spoken & _CONDITIONS != held & _CONDITIONS:
        return "condition"
    if support.denies(claim) is not support.denies(source):
        return "denial"
    return "rearranged" if is_rearranged(claim, source) else None


def _alone(clause: str, sources: Sequence[str], order: Sequence[int]) -> int | None:
    if len(terms(clause)) < _FEWEST_TERMS:
        return None
    return next((place for place in order if fault_of(clause, sources[place]) is None), None)
