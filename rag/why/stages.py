"""What each stage did with a passage, in numbers and in a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rag.answering import able, floor_of, rounded
from rag.found import retrieved
from rag.lexical import stem, terms, words
from rag.refusal import refusal_of
from rag.strategy import MetadataCondition
from rag.why.schemas import (
    AnswerStage,
    CandidatesStage,
    DenseSearch,
    DiversityStage,
    FilterStage,
    FusionStage,
    LexicalSearch,
    RerankingStage,
    SentencesStage,
    SentenceVerdict,
    Stage,
    Verdict,
)
from rag.why.trace import Trace
from rag.why.verdicts import passage_verdicts

_FILTERS: dict[str, str] = {
    "documents": "its name fits none of the patterns",
    "media_types": "its media type fits none of those wanted",
    "since": "it was added earlier",
    "until": "it was added later",
}
_VERDICTS: dict[Verdict, str] = {
    "weaker": "holds less of what is asked for than another one that is chosen",
    "below_floor": "scores below the floor, a share of the best sentence's score",
    "redundant": "repeats a sentence that was chosen",
    "beyond_max": "comes after the last sentence that the strategy allows",
    "only_near": "holds no word of the question that the chosen ones lack, and scores less",
    "other_row": "is a row of a table of which another row holds more of the question",
    "no_statement": "can't answer: it is a heading, a question, code or a scrap",
}


def stages_of(trace: Trace) -> Iterator[Stage]:
    """Yield the stages in order, up to the one that dropped the passage."""
    for look in (_filters, _candidates, _fusion, _diversity, _reranking, _sentences, _answer):
        stage = look(trace)
        if stage is not None:
            yield stage
            if stage.outcome == "dropped":
                return


def _filters(trace: Trace) -> FilterStage:
    failed, metadata = list(trace.failed.names), list(trace.failed.metadata)
    if failed:
        why = "; ".join([*(_FILTERS[name] for name in failed if name in _FILTERS), *map(_unlike, metadata)])
        note = f"The document is filtered out: {why}."
        return FilterStage(outcome="dropped", note=note, failed=failed, metadata=metadata)
    note = "The document passes the filters." if trace.hits.filtered else "No filter is set."
    return FilterStage(outcome="passed", note=note, failed=[])


def _unlike(condition: MetadataCondition) -> str:
    """Return what a document's metadata does not say."""
    if condition.one_of:
        return f"its metadata does not say that {condition.key} is {' or '.join(map(_written, condition.one_of))}"
    ends = (("at least", condition.at_least), ("at most", condition.at_most))
    within = " and ".join(f"{word} {_written(bound)}" for word, bound in ends if bound is not None)
    return f"its metadata does not say that {condition.key} is {within}"


def _written(value: str | float) -> str:
    """Return a value as JSON writes it, which tells the text "2024" from the number."""
    return json.dumps(value, ensure_ascii=False)


def _candidates(trace: Trace) -> CandidatesStage:
    dense, lexical = _dense(trace), _lexical(trace)
    by = [name for name, found in (("meaning", dense.found), ("words", lexical.found)) if found]
    limit = trace.strategy.retrieval.candidates
    if trace.position_in(trace.hits.fused) is not None:
        outcome, note = "passed", f"Found by {' and by '.join(by) or 'another wording of the question alone'}."
    else:
        outcome, note = "dropped", f"Neither among the {limit} nearest by meaning nor among the {limit} best by words."
    return CandidatesStage(outcome=outcome, note=note, limit=limit, dense=dense, lexical=lexical)


def _dense(trace: Trace) -> DenseSearch:
    near = trace.hits.candidates.near
    found = {(one.version_id, one.ordinal): one for one in trace.hits.candidates.found}
    last = found.get(near[-1]) if near else None
    return DenseSearch(
        found=trace.chunk.place in near, rank=trace.dense_rank, similarity=round(trace.chunk.similarity, 6),
        last_similarity=None if last is None else round(last.similarity, 6),
    )  # fmt: skip


def _lexical(trace: Trace) -> LexicalSearch:
    worded, scores = trace.hits.candidates.worded, trace.hits.candidates.scores
    place = trace.chunk.place
    rank = worded.index(place) + 1 if place in worded else scores.rank(*place, trace.hits.among)
    own = frozenset(terms(trace.text))
    said = " ".join((trace.question.text, *trace.question.context))
    asked = {stem(word): word for word in reversed(words(said))}
    return LexicalSearch(
        found=place in worded, rank=rank, bm25=round(scores.of(*place), 6),
        last_bm25=round(scores.of(*worded[-1]), 6) if worded else None,
        words_held=[asked[term] for term in trace.question.terms if term in own],
        words_missing=[asked[term] for term in trace.question.terms if term not in own],
    )  # fmt: skip


def _fusion(trace: Trace) -> FusionStage:
    fused, best = trace.hits.fused, trace.hits.best
    rank = trace.position_in(fused)
    assert rank is not None
    hit, decides = fused[rank - 1], trace.strategy.retrieval.mmr is None
    is_in = not decides or trace.position_in(best) is not None
    limit = retrieved(trace.strategy)
    note = f"Rank {rank} of {len(fused)} candidates" + (
        "." if not decides else f"; the first {limit} go on." if not is_in else f", among the first {limit}."
    )
    return FusionStage(
        outcome="passed" if is_in else "dropped", note=note, dense_share=round(hit.dense_share, 6),
        lexical_share=round(hit.lexical_share, 6), score=round(hit.score, 6), rank=rank, candidates=len(fused),
        passages=limit, last_score=round(best[-1].score, 6) if decides else None,
    )  # fmt: skip


def _diversity(trace: Trace) -> DiversityStage | None:
    relevance, gain = trace.strategy.retrieval.mmr, trace.gain
    if relevance is None or gain is None:
        return None
    position = trace.position_in(trace.hits.best)
    note = "Others add more: each is weighed against those chosen before it."
    if position is not None:
        note = f"Chosen as number {position} of {len(trace.hits.best)}."
    return DiversityStage(
        outcome="dropped" if position is None else "passed", note=note, relevance=relevance, position=position,
        gain=round(gain.own, 6), last_gain=round(gain.last, 6),
    )  # fmt: skip


def _reranking(trace: Trace) -> RerankingStage | None:
    report, limit = trace.reranking, trace.strategy.retrieval.passages
    rank = trace.position_in(trace.ordered.hits.best)
    if report is None or rank is None:
        return None
    hit, ranked = trace.ordered.hits.best[rank - 1], trace.ordered.passages[rank - 1].reranked
    assert ranked is not None
    is_in = rank <= limit
    note = f"Rank {rank} of {report.candidates}, which was {ranked.rank_before}" + (
        f"; among the first {limit}." if is_in else f"; the first {limit} go on."
    )
    return RerankingStage(
        outcome="passed" if is_in else "dropped", note=report.failed or note, kind=report.kind, model=report.model,
        candidates=report.candidates, passages=limit, rank_before=ranked.rank_before,
        score_before=round(ranked.score_before, 6), rank=rank, score=ranked.score, share=round(hit.score, 6),
        failed=report.failed,
    )  # fmt: skip


def _sentences(trace: Trace) -> SentencesStage:
    options, candidates = trace.strategy.answering, able(trace.ranked)
    found = passage_verdicts(trace)
    expected = [one for one in found if one.expected]
    is_in = any(one.verdict == "chosen" for one in expected)
    return SentencesStage(
        outcome="passed" if is_in else "dropped", note=_about(expected, len(expected) < len(found), is_in=is_in),
        best_score=round(candidates[0].score, 6) if candidates else None,
        floor=round(floor_of(candidates, options), 6) if candidates else None,
        max_sentences=options.max_sentences, redundancy=options.redundancy, sentences=found,
    )  # fmt: skip


def _about(expected: Sequence[SentenceVerdict], placed: bool, *, is_in: bool) -> str:
    if is_in:
        return "A sentence of the passage is chosen." if not placed else "The expected sentence is chosen."
    nearest = max(expected, key=lambda one: -1.0 if one.score is None else one.score, default=None)
    if nearest is None:
        return "The passage holds no sentence."
    whose = "The expected sentence" if placed else "The best sentence of the passage"
    return f"{whose} {_VERDICTS[nearest.verdict]}."


def _answer(trace: Trace) -> AnswerStage:
    drafted, threshold = trace.drafted, trace.strategy.answering.threshold
    refusal = refusal_of(trace.question, drafted, threshold)
    chunk = trace.chunk
    inside = [
        number
        for number, one in enumerate(drafted.sentences, start=1)
        if one.version_id == chunk.version_id and chunk.start <= one.start and one.end <= chunk.end
    ]
    note = f"Cited: {', '.join(f'[{number}]' for number in inside)}." if refusal is None else refusal.reason
    return AnswerStage(
        outcome="passed" if refusal is None else "dropped", note=note, refused=refusal is not None,
        reason_code=refusal and refusal.code,
        confidence=round(drafted.confidence, 4), threshold=threshold,
        evidence={name: round(float(value), 6) for name, value in asdict(drafted.evidence).items()},
        citations=inside if refusal is None else [], judging=trace.judging, own_confidence=rounded(drafted.own),
    )  # fmt: skip
