"""Whether the words of a claim stand in an order that keeps what their source says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rag.lexical import stem, terms, words

CLAUSE: Final = re.compile(r"\s*;\s+|,\s+(?:and|but|while|whereas)\s+")
"""What divides a sentence into statements that stand by themselves."""
JOINING: Final = frozenset(stem(word) for word in ("additionally", "also", "furthermore", "moreover", "respectively"))
_PREPOSITIONS: Final = "after at before by during for from in of on since through under until with within"
_FRONTED: Final = frozenset(_PREPOSITIONS.split())
_AGENT: Final = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being)\b[^,;:.]*\bby\b"
    rf"((?:(?![,;:.(]|\b(?:{'|'.join(_PREPOSITIONS.split())})\b).)*)",
    re.IGNORECASE,
)
"""What does it, after "by" and as far as the next preposition."""


def is_rearranged(claim: str, source: str) -> bool:
    """Return whether the claim's terms, all of which the source holds, stand in an order that says something else.

    The source's own order with words left out says nothing new. Within one clause of the source a part may also
    move between beginning and end ("In 1874 …", "… in 1874"), and active may become passive: who does it then has to
    be the same, so "A was beaten by B" does not come of "A beat B".
    """
    said = _terms(claim)
    if "by" in words(claim) and "by" not in words(source) and _AGENT.search(claim) is None:
        return True
    if _doer_after_by(claim, source) is None and _doer_after_by(source, claim) is None:
        if _holds(_terms(source), said):
            return False
        if not _is_fronted(claim) and not _is_fronted(source):
            return True
        turned = [said[cut:] + said[:cut] for cut in range(1, len(said))]
        return not any(_holds(_terms(clause), one) for clause in CLAUSE.split(source) for one in turned)
    return not any(_keeps_doer(claim, clause) for clause in CLAUSE.split(source) if {*said} <= {*terms(clause)})


def _keeps_doer(claim: str, clause: str) -> bool:
    passive, active = (claim, clause) if _doer_after_by(claim, clause) else (clause, claim)
    doer, order = _doer_after_by(passive, active), _terms(active)
    if doer is None:
        return False
    done_to = next((term for term in _terms(passive) if term in order and term != doer), None)
    return done_to is None or order.index(doer) < order.index(done_to)


def _doer_after_by(passive: str, active: str) -> str | None:
    """Return who does it in a passive, if an active text names the same; None otherwise."""
    if _AGENT.search(active) is not None:
        return None
    found = _AGENT.search(passive)
    known = frozenset(terms(active))
    return next((term for term in terms(found[1]) if term in known), None) if found else None


def _holds(told: Sequence[str], said: Sequence[str]) -> bool:
    """Return whether `said` is left when some of `told` is left out."""
    rest = iter(told)
    return all(term in rest for term in said)


def _is_fronted(text: str) -> bool:
    return next(iter(words(text)), "") in _FRONTED


def _terms(text: str) -> list[str]:
    return [term for term in terms(text) if term not in JOINING]
