"""Why a question is not answered, in a code for programs and in a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from rag import support
from rag.answering import Draft
from rag.conversation import is_underspecified
from rag.retrieval import Question

RefusalCode = Literal[
    "nothing_indexed", "not_permitted", "filtered", "underspecified", "off_topic", "unsupported", "conflicting"
]  # fmt: skip

_OFF_TOPIC: Final = 0.35
"""Cosine of the question with the nearest passage; below it were .71 of questions about something else and .07 of
questions about the collection, on eight articles of SQuAD and on CLAPnq."""
_TOLD: Final = 0.4
"""Share of the question's words, by weight; a passage that holds as many is not about something else."""


@dataclass(frozen=True, slots=True)
class Refusal:
    code: RefusalCode
    reason: str

    @property
    def shows_citations(self) -> bool:
        """Whether what was found is cited all the same."""
        return self.code == "conflicting"


NOTHING_INDEXED: Final = Refusal("nothing_indexed", "The collection holds no indexed passages yet.")
NOT_PERMITTED: Final = Refusal(
    "not_permitted", "You are not on the access list of any document of this collection; ask somebody who is."
)
FILTERED: Final = Refusal("filtered", "No indexed document passes the filters.")
_UNDERSPECIFIED: Final = Refusal(
    "underspecified", "What is meant? Name what you ask about, or ask this as a follow-up of an answer about it."
)
_CONFLICTING: Final = Refusal(
    "conflicting", "The documents say different things of this. Both are cited; which is right is yours to decide."
)


def nothing_found(*, may_read_nothing: bool, filtered: bool) -> Refusal:
    """Return why a search found no passage; that there is something to read is told only where nothing may be read."""
    if may_read_nothing:
        return NOT_PERMITTED
    return FILTERED if filtered else NOTHING_INDEXED


def refusal_of(question: Question, drafted: Draft, threshold: float) -> Refusal | None:
    """Return why a draft does not answer; None when it does."""
    if not question.borrowed and is_underspecified(question.text):
        return _UNDERSPECIFIED
    if drafted.sentences and drafted.confidence >= threshold:
        return _CONFLICTING if drafted.conflicting else None
    compared = f"confidence {drafted.confidence:.2f}, the strategy asks for {threshold:.2f}"
    if drafted.own is not None and drafted.own >= threshold:
        compared += f"; the engine's own check alone says {drafted.own:.2f}"
    if drafted.evidence.passage_similarity < _OFF_TOPIC and drafted.told < _TOLD:
        return Refusal("off_topic", f"Nothing in the collection is about this ({compared}).")
    lacking = "".join(f" {one}" for one in _lacking(question.text, drafted.evidence))
    return Refusal("unsupported", f"The nearest passages do not support an answer ({compared}).{lacking}")


def _lacking(question: str, evidence: support.Evidence) -> list[str]:
    found: list[str] = []
    if evidence.denial:
        found.append("The question denies something that the nearest sentence does not deny.")
    if evidence.number:
        found.append(f"The best sentences do not speak of {' or '.join(sorted(support.numbers(question)))}.")
    if evidence.name:
        found.append("No document holds a name that the question asks about.")
    if evidence.full_name:
        found.append("No passage holds the full name that the question asks about.")
    if evidence.opposite:
        found.append("The nearest sentence says the opposite of a word of the question.")
    if not evidence.kind:
        found.append("None of the best sentences holds the number, date or name that is asked for.")
    return found
