"""How well a ranking, or a set of citations, matches what a row says that it should be."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rag.span_overlap import Span, length, shared

_UNKNOWN_END = 2**31 - 1


class Source(BaseModel):
    """Where an answer stands: a document, and in it the place, or its words, or anywhere.

    `start` and `end` count code points of the version that is searched; `text` survives its next version.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str = Field(min_length=1)
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=1)
    text: str | None = Field(default=None, min_length=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A citation or a passage of an answer."""

    document: str
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Place:
        """Return the place of a recorded citation or passage."""
        text = found.get("cited_text", found.get("text", ""))
        return cls(found["version"]["document"], found["start"], found["end"], text)


def matches(place: Place, source: Source) -> bool:
    """Return whether a place shares a character with the source, or whole words where its text is given."""
    if place.document != source.document:
        return False
    if source.text is not None:
        found, wanted = plain(place.text), plain(source.text)
        return bool(found) and (wanted in found or found in wanted)
    start, end = source.start or 0, _UNKNOWN_END if source.end is None else source.end
    return place.start < end and start < place.end


def precision(places: Sequence[Place], sources: Sequence[Source]) -> float:
    """Return the share of places that match a source."""
    return sum(any(matches(place, one) for one in sources) for place in places) / len(places)


def recall(places: Sequence[Place], sources: Sequence[Source]) -> float:
    """Return the share of sources that a place matches."""
    return sum(any(matches(place, one) for place in places) for one in sources) / len(sources)


def ndcg(gains: Sequence[bool], relevant: int, depth: int) -> float:
    """Return the normalised discounted cumulative gain at `depth` (Järvelin and Kekäläinen, 2002), binary gains.

    Args:
        gains: whether each result is relevant, best first.
        relevant: how many relevant ones there are.
    """
    ideal = sum(1 / math.log2(place + 2) for place in range(min(relevant, depth)))
    found = sum(1 / math.log2(place + 2) for place, gain in enumerate(gains[:depth]) if gain)
    return found / ideal if ideal else 0.0


@dataclass(frozen=True, slots=True)
class SpanShares:
    """Characters that passages share with sources: of the passages', of the sources', and of both together.

    After B. Smith and A. Troynikov, "Evaluating Chunking Strategies for Retrieval" (2024). Where there is nothing to
    find and nothing was found, all are 1.
    """

    precision: float
    recall: float
    iou: float


def span_shares(places: Sequence[Place], sources: Sequence[Source]) -> SpanShares:
    """Return what passages and sources have in common; a character that stands in several counts once.

    Args:
        sources: each with `start` and `end`, or `text`, which is looked for in each passage.
    """
    found = _by_document((place.document, (place.start, place.end)) for place in places)
    wanted = _by_document(span for one in sources for span in _spans_of(one, places))
    absent = sum(len(one.text) for one in sources if one.text is not None and not [*_spans_of(one, places)])
    common = sum(shared(spans, wanted.get(document, ())) for document, spans in found.items())
    shown, asked = (sum(map(length, spans.values())) for spans in (found, wanted))
    asked += absent
    return SpanShares(
        precision=common / shown if shown else float(not asked),
        recall=common / asked if asked else 1.0,
        iou=common / (shown + asked - common) if shown + asked else 1.0,
    )


def _spans_of(source: Source, places: Sequence[Place]) -> Iterator[tuple[str, Span]]:
    if source.text is None:
        assert source.start is not None
        assert source.end is not None
        yield source.document, (source.start, source.end)
        return
    words = re.compile(r"\s+".join(map(re.escape, source.text.split())), re.IGNORECASE)
    for place in places:
        found = words.search(place.text) if place.document == source.document else None
        if found is not None:
            yield source.document, (place.start + found.start(), place.start + found.end())


def _by_document(spans: Iterable[tuple[str, Span]]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    for document, span in spans:
        found[document].append(span)
    return found


def plain(text: str) -> str:
    """Return `text` as words are compared: folded, with one space between two."""
    return " ".join(text.casefold().split())
