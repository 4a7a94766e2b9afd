"""What a question of several hops is answered with besides its own sentences: the best one for each hop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rag.answering import Draft, Excerpt, Sentence, in_reading_order, ranked
from rag.retrieval import Hits, Question
from rag.strategy import Answering, Strategy

LEAST_TOLD: Final = 0.5
"""Share of a hop's words in the sentence that answers it; with fewer it is about something else."""


def hops_of(strategy: Strategy, others: Sequence[Question]) -> Sequence[Question]:
    """Return the other wordings of a question that are hops on the way to its answer."""
    rewriting = strategy.rewriting
    return others if rewriting is not None and rewriting.kind == "multi_hop" else ()


def with_hops(
    drafted: Draft, hops: Sequence[Question], hits: Hits, texts: Sequence[Excerpt], options: Answering
) -> Draft:
    """Return a draft with the best sentence for each hop that has one; it is not more probable by that."""
    if drafted.conflicting or not drafted.sentences:
        return drafted
    best = [*_best(hops, hits, texts, options)]
    return replace(
        drafted,
        sentences=in_reading_order(_joined(drafted.sentences, best)),
        offered=_joined(drafted.offered, best) if drafted.offered else drafted.offered,
    )


def _joined(chosen: Sequence[Sentence], more: Sequence[Sentence]) -> list[Sentence]:
    return [*{(one.version_id, one.start): one for one in (*chosen, *more)}.values()]


def _best(hops: Sequence[Question], hits: Hits, texts: Sequence[Excerpt], options: Answering) -> Iterator[Sentence]:
    for hop in hops:
        nearer = [replace(hit, sentence_similarities=hit.candidate.vectors @ hop.vector) for hit in hits.best]
        sentences = ranked(nearer, texts, dict.fromkeys(hop.terms, 1.0), options)
        if sentences and sentences[0].coverage >= LEAST_TOLD:
            yield sentences[0]
