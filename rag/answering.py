"""Extractive answers: verbatim sentences of the passages, chosen, checked and put in order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from rag import support
from rag.hits import Hit
from rag.index.repository import Candidate
from rag.lexical import terms
from rag.odds import log_odds
from rag.opposites import turned
from rag.retrieval import Hits, Question
from rag.sentences import Span
from rag.strategy import Answering
from rag.support import Evidence
from rag.table_rows import table_rows

_EVIDENCE_SENTENCES = 5
"""How many of the best sentences may hold what the question asks for."""
_NUMBERED_SENTENCES = 2
"""In how many of the best sentences the question's numbers may stand."""
_CONTRADICTING_SENTENCES = 6
"""Among how many of the best sentences a contradiction is looked for."""
_MIN_TERMS = 2
"""A sentence with fewer terms is a heading or a scrap: it points to an answer but is none."""

_NAMED = -1
"""The table of all rows of a document that name their columns themselves."""

_NOT_PROSE = re.compile(r"^\s*(#{1,6}\s[^\n]*$|\||```|~~~|<!--|\$ )|(^|\s)--[a-z]")
"""Markdown's headings, table rows and fences, and command lines: they name things and say nothing. Not so a row whose
heads are known."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text of a passage; `lead` stands right before it, and may hold the heads of a table that goes on in it."""

    lead: str
    text: str


@dataclass(frozen=True, slots=True)
class _Statement:
    """What may answer: a sentence, or a row of the `table` that begins there, its `reading` with the heads.

    `words` are its own, without the heads that it has in common with all rows of its table.
    """

    place: int
    start: int
    end: int
    text: str
    reading: str
    words: str
    table: int | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or a row of a table that may answer: `text` is the stored text's `[start:end]`."""

    version_id: UUID
    start: int
    end: int
    text: str
    page_of_chunk: int | None
    similarity: float
    coverage: float
    score: float
    terms: frozenset[str]
    table: int | None
    asked: frozenset[str] = frozenset()
    """The terms of the question that it holds, in the heads of its table too."""
    passage_similarity: float = 0.0
    support: float | None = None
    """What the check says of it by itself, once it was looked at."""
    fit: float = 0.0
    """The same beside nearness, in log-odds: what it holds of what is asked for."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Sentences in reading order, and how probable it is that they answer; not refused yet.

    Args:
        told: share of the question's words, by weight, in the passage that holds most of them.
        conflicting: the sentences are the ones that say different things.
        offered: what a model may make an answer of, best first, and more than `sentences`.
        weaker: what would be among `sentences` but for its own support.
        own: what the engine's own check says, where `confidence` comes from a judge or a calibration too.
    """

    sentences: list[Sentence]
    confidence: float
    evidence: Evidence
    told: float
    conflicting: bool = False
    offered: Sequence[Sentence] = ()
    weaker: Sequence[Sentence] = ()
    own: float | None = None


def rounded(confidence: float | None) -> float | None:
    """Return a confidence as it is shown."""
    return None if confidence is None else round(confidence, 4)


NOTHING = Draft([], 0.0, Evidence(0, 0, 0, 0, 0, 0, 0, 0, 0), 0.0)


def draft(question: Question, hits: Hits, texts: Sequence[Excerpt], options: Answering, *, offered: int = 0) -> Draft:
    """Choose the sentences that answer `question`.

    Args:
        texts: of each passage.
        offered: how many sentences a model may make an answer of.
    """
    sentences = going_on(question, ranked(hits.best, texts, hits.weights, options))
    if not sentences:
        return NOTHING
    evidence = evidence_of(question, sentences, hits, texts)
    confidence = support.confidence(evidence)
    told = max(support.coverage(hits.weights, frozenset(terms(one.text))) for one in texts)
    against = contradiction(question, sentences)
    if against is not None:
        both = checked(question, [sentences[0], against], evidence)
        return Draft(both, confidence, evidence, told, conflicting=True)
    chosen, weaker = borne(checked(question, select(sentences, options), evidence), options)
    more = checked(question, _offered(sentences, options, offered), evidence)
    return Draft(in_reading_order(chosen), confidence, evidence, told, offered=more, weaker=weaker)


def ranked(
    hits: Sequence[Hit], texts: Sequence[Excerpt], weights: Mapping[str, float], options: Answering
) -> list[Sentence]:
    """Return the sentences of the passages, best first; one that two chunks share counts once."""
    found: dict[tuple[UUID, int], Sentence] = {}
    for hit, text in zip(hits, texts, strict=True):
        chunk = hit.candidate
        for one in _statements(chunk, text):
            own = frozenset(terms(one.words))
            if len(own) < _MIN_TERMS or one.text.rstrip().endswith("?"):
                continue
            similarity = float(hit.sentence_similarities[one.place])
            held = own.union(terms(one.reading))
            coverage = support.coverage(weights, held)
            score = options.similarity_weight * similarity + (1 - options.similarity_weight) * coverage
            score += options.passage_weight * hit.score
            sentence = Sentence(
                chunk.version_id,
                one.start,
                one.end,
                one.text,
                chunk.page,
                similarity,
                coverage,
                score,
                own,
                one.table,
                held.intersection(weights),
                chunk.similarity,
            )
            key = (chunk.version_id, one.start)
            if key not in found or found[key].score < score:
                found[key] = sentence
    return sorted(found.values(), key=lambda one: (-one.score, one.version_id, one.start))


def _statements(chunk: Candidate, excerpt: Excerpt) -> Iterator[_Statement]:
    text, begin = excerpt.lead + excerpt.text, chunk.start - len(excerpt.lead)
    rows = table_rows(text)
    for place, (start, end) in enumerate(zip(chunk.starts, chunk.ends, strict=True)):
        words = text[start - begin : end - begin]
        row = rows.get(Span(start - begin, end - begin))
        if row is not None:
            cells = text[row.start : row.end]
            table = _NAMED if row.table is None else begin + row.table
            yield _Statement(place, begin + row.start, begin + row.end, cells, row.reading, row.cells, table)
        elif not _NOT_PROSE.search(words):
            yield _Statement(place, start, end, words, words, words)


def select(sentences: Sequence[Sentence], options: Answering) -> list[Sentence]:
    """Return the best sentences that each add something (after maximal marginal relevance, Carbonell and
    Goldstein, 1998, with a bound in place of a weight)."""
    chosen: list[Sentence] = []
    candidates = able(sentences)
    floor = floor_of(candidates, options)
    for sentence in candidates:
        if len(chosen) == options.max_sentences or sentence.score < floor:
            break
        if not only_near(sentence, chosen, options) and all(
            _overlap(sentence, other) <= options.redundancy for other in chosen
        ):
            chosen.append(sentence)
    return chosen


def checked(question: Question, sentences: Sequence[Sentence], evidence: Evidence) -> list[Sentence]:
    """Return sentences with the support that each has by itself, and how well it fits.

    Args:
        evidence: of all together; what it says of names holds for each.
    """
    # A sentence that says "it" is not near to a question, and may answer. Of the kinds of things asked for, only
    # numbers and dates are sure to be seen: a place may have no name.
    alike = {"similarity": 0.5, "coverage": 0.5, "passage_similarity": 0.5}
    alike |= {} if support.asks_number(question.text) else {"kind": 1.0}
    found: list[Sentence] = []
    for one in sentences:
        own = _evidence_in(question, one, evidence)
        fit = log_odds(support.confidence(replace(own, **alike)))
        found.append(replace(one, support=support.confidence(own), fit=fit))
    return found


def borne(sentences: Sequence[Sentence], options: Answering) -> tuple[list[Sentence], list[Sentence]]:
    """Return the checked sentences that no other one outdoes, and those that one does: it has more support, and fits
    better."""
    rated = [(one, one.support or 0.0) for one in sentences]
    weaker = [
        one
        for one, own in rated
        if any(more > own and other.fit > one.fit + options.support_gap for other, more in rated)
    ]
    return [one for one in sentences if one not in weaker], weaker


def _evidence_in(question: Question, sentence: Sentence, evidence: Evidence) -> Evidence:
    return Evidence(
        similarity=sentence.similarity,
        coverage=sentence.coverage,
        kind=float(support.holds_kind(question.text, sentence.text)),
        passage_similarity=sentence.passage_similarity,
        denial=float(support.denies(question.text) and not support.denies(sentence.text)),
        number=float(not support.numbers(question.text) <= support.numbers(sentence.text)),
        name=evidence.name,
        opposite=float(turned(question.text, sentence.text) is not None),
        full_name=evidence.full_name,
    )


def _offered(sentences: Sequence[Sentence], options: Answering, count: int) -> Sequence[Sentence]:
    """Return what a model may choose from: half as good as what is quoted unasked will do."""
    wider = {"max_sentences": count, "relative_floor": options.relative_floor / 2, "near_floor": 0.0}
    return select(sentences, options.model_copy(update=wider)) if count else ()


def going_on(question: Question, sentences: list[Sentence]) -> list[Sentence]:
    """Return, of a follow-up, the sentences that hold a word of its own; all when none does.

    Those that hold only words of the questions before it say again what was said.
    """
    own = [one for one in sentences if one.asked - question.borrowed] if question.borrowed else []
    return own or sentences


def contradiction(question: Question, sentences: Sequence[Sentence]) -> Sentence | None:
    """Return what says another number than the best sentence of the same thing, in another document.

    Only questions that ask for a number or a date are looked at: two names can both be right. What holds fewer words of
    the question is about something else.
    """
    if not sentences or sentences[0].table is not None or not support.asks_number(question.text):
        return None
    best = sentences[0]
    for other in sentences[1:_CONTRADICTING_SENTENCES]:
        is_elsewhere = other.version_id != best.version_id and other.table is None and other.asked == best.asked
        if is_elsewhere and support.disagree(question.text, best.text, other.text):
            return other
    return None


def only_near(sentence: Sentence, chosen: Sequence[Sentence], options: Answering) -> bool:
    """Return whether a sentence adds no word of the question to those chosen, and is not as good as the best either."""
    if not chosen or sentence.score >= options.near_floor * chosen[0].score:
        return False
    return sentence.asked <= frozenset[str]().union(*(one.asked for one in chosen))


def able(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Return the sentences that may answer, in the same order.

    All rows of a table are much alike: of each table only those that hold most of the question's words may.
    """
    held: dict[tuple[UUID, int | None], float] = defaultdict(float)
    for one in sentences:
        held[one.version_id, one.table] = max(held[one.version_id, one.table], one.coverage)
    return [one for one in sentences if one.table is None or one.coverage == held[one.version_id, one.table]]


def floor_of(candidates: Sequence[Sentence], options: Answering) -> float:
    """Return the score below which a sentence is not worth adding to the best of those that are `able`."""
    return options.relative_floor * candidates[0].score


def in_reading_order(chosen: Sequence[Sentence]) -> list[Sentence]:
    """Return sentences document by document, the one with the best sentence first, each in its own order."""
    rank: dict[UUID, int] = {}
    for sentence in chosen:
        rank.setdefault(sentence.version_id, len(rank))
    return sorted(chosen, key=lambda one: (rank[one.version_id], one.start))


def evidence_of(question: Question, sentences: Sequence[Sentence], hits: Hits, texts: Sequence[Excerpt]) -> Evidence:
    """Return what the support check looks at."""
    best = sentences[:_EVIDENCE_SENTENCES]
    nearest = max(best, key=lambda one: one.coverage)
    said = frozenset[str]().union(*(support.numbers(one.text) for one in sentences[:_NUMBERED_SENTENCES]))
    return Evidence(
        similarity=max(one.similarity for one in sentences),
        coverage=max(one.coverage for one in best),
        kind=float(any(support.holds_kind(question.text, one.text) for one in best)),
        passage_similarity=max(hit.candidate.similarity for hit in hits.best),
        denial=float(support.denies(question.text) and not support.denies(nearest.text)),
        number=float(not support.numbers(question.text) <= said),
        name=float(bool(support.names(question.text) & hits.unheld)),
        opposite=float(turned(question.text, nearest.text) is not None),
        full_name=float(not support.hold_names(question.text, [one.text for one in texts])),
    )


def _overlap(one: Sentence, other: Sentence) -> float:
    return len(one.terms & other.terms) / min(len(one.terms), len(other.terms))
