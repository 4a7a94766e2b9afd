"""What a question of several hops is answered with besides its own sentences: the best one for each hop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rag.answering import Draft, Excerpt, Sentence, draft, in_reading_order, ranked
from rag.found import Found
from rag.retrieval import Hits, Question
from rag.strategy import Answering, Strategy

LEAST_TOLD: Final = 0.5
"""Share of a hop's words in the sentence that answers it; with fewer it is about something else."""


def drafted(
    question: Question, others: Sequence[Question], found: Found, strategy: Strategy, *, offered: int = 0
) -> Draft:
    """Return the draft of an answer, with the best sentence for each hop that has one; it is not more probable by that.

    Args:
        others: the other wordings of the question, of which hops are those of a strategy that takes some.
        offered: how many sentences a model may make an answer of.
    """
    options = strategy.answering
    plain = draft(question, found.hits, found.texts, options, offered=offered)
    rewriting = strategy.rewriting
    if rewriting is None or rewriting.kind != "multi_hop" or plain.conflicting or not plain.sentences:
        return plain
    best = [*_best(others, found.hits, found.texts, options)]
    return replace(
        plain,
        sentences=in_reading_order(_joined(plain.sentences, best)),
        offered=_joined(plain.offered, best) if plain.offered else plain.offered,
    )


def _joined(chosen: Sequence[Sentence], more: Sequence[Sentence]) -> list[Sentence]:
    return [*{(one.version_id, one.start): one for one in (*chosen, *more)}.values()]


def _best(hops: Sequence[Question], hits: Hits, texts: Sequence[Excerpt], options: Answering) -> Iterator[Sentence]:
    for hop in hops:
        nearer = [replace(hit, sentence_similarities=hit.candidate.vectors @ hop.vector) for hit in hits.best]
        sentences = ranked(nearer, texts, dict.fromkeys(hop.terms, 1.0), options)
        if sentences and sentences[0].coverage >= LEAST_TOLD:
            yield sentences[0]
