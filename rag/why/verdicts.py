"""What became of each sentence of a passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from rag.answering import Sentence, able, floor_of, only_near
from rag.sentences import Span
from rag.strategy import Answering
from rag.why.schemas import SentenceVerdict, Verdict
from rag.why.trace import Trace

Verdicts = Mapping[tuple[UUID, int], Verdict]


def verdicts(
    sentences: Sequence[Sentence],
    chosen: Sequence[Sentence],
    options: Answering,
    weaker: Sequence[Sentence] = (),
) -> dict[tuple[UUID, int], Verdict]:
    """Return, by version and start, why each ranked sentence was chosen or not.

    Args:
        weaker: what was chosen, and left out for its own support.
    """
    if not sentences:
        return {}
    candidates = able(sentences)
    floor = floor_of(candidates, options)
    left = {_key(one) for one in weaker}
    taken = left.union(map(_key, chosen))
    last = max((place for place, one in enumerate(sentences) if _key(one) in taken), default=-1)
    ended = last if len(taken) == options.max_sentences else len(sentences)
    may = {_key(one) for one in candidates}
    found: dict[tuple[UUID, int], Verdict] = {}
    before: list[Sentence] = []
    for place, one in enumerate(sentences):
        if _key(one) in taken:
            found[_key(one)] = "weaker" if _key(one) in left else "chosen"
            before.append(one)
        elif _key(one) not in may:
            found[_key(one)] = "other_row"
        elif one.score < floor:
            found[_key(one)] = "below_floor"
        elif place > ended:
            found[_key(one)] = "beyond_max"
        elif only_near(one, before, options):
            found[_key(one)] = "only_near"
        else:
            found[_key(one)] = "redundant"
    return found


def passage_verdicts(trace: Trace) -> list[SentenceVerdict]:
    """Return the verdict on each sentence of the passage, in order."""
    hit = next(one for one in trace.found.hits.best if one.shows(trace.chunk.place))
    known = verdicts(trace.ranked, trace.drafted.sentences, trace.strategy.answering, trace.drafted.weaker)
    own = [one for one in trace.ranked if one.version_id == trace.chunk.version_id]
    spans = [Span(start, end) for start, end in zip(hit.candidate.starts, hit.candidate.ends, strict=True)]
    meant = [one for one in spans if trace.span is None or _touch(trace.span, one)]
    found: list[SentenceVerdict] = []
    for span in spans:
        # What was read of a row of a table are its cells, without the pipes around them.
        inside = next((one for one in own if span.start <= one.start and one.end <= span.end), None)
        found.append(
            SentenceVerdict(
                start=span.start, end=span.end,
                text=trace.text[span.start - trace.chunk.start : span.end - trace.chunk.start],
                expected=span in meant or not meant,
                verdict="no_statement" if inside is None else known[_key(inside)],
                score=None if inside is None else round(inside.score, 6),
                similarity=None if inside is None else round(inside.similarity, 6),
                coverage=None if inside is None else round(inside.coverage, 6),
            )
        )  # fmt: skip
    return found


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _key(sentence: Sentence) -> tuple[UUID, int]:
    return sentence.version_id, sentence.start
