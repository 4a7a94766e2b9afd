"""Types of scorers that look at a whole answer: what it cites, what was found for it, whether it should be one.

A row names its sources in an input or in metadata: a list of `{"document", "start", "end"}`, `{"document", "text"}` or
`{"document"}`; an empty list says that the collection does not answer it. Nothing is judged by a model.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from mcp_engine.evaluation.scorers.port import Answered, FunctionScorer, Parameters, ScoreFailed
from rag.relevance import Place, Source, SpanShares, matches, ndcg, precision, recall, span_shares

_SOURCES = TypeAdapter(list[Source])


class Sources(Parameters):
    """Where a row names its sources."""

    sources: str = Field(default="sources", min_length=1, max_length=128, description="An input, or metadata.")


class Depth(Sources):
    """How many passages are looked at."""

    k: int = Field(default=5, ge=1, le=20, description="Of the nearest passages, best first.")


def citation_precision(parameters: Sources, answered: Answered) -> float:
    return _cited(parameters, answered, precision)


def citation_recall(parameters: Sources, answered: Answered) -> float:
    return _cited(parameters, answered, recall)


def retrieval_recall(parameters: Depth, answered: Answered) -> float:
    wanted = wanted_sources(parameters, answered)
    return recall(_places(answered, "passages")[: parameters.k], wanted) if wanted else 1.0


def retrieval_ndcg(parameters: Depth, answered: Answered) -> float:
    wanted = wanted_sources(parameters, answered)
    if not wanted:
        return 1.0
    gains = [any(matches(place, one) for one in wanted) for place in _places(answered, "passages")]
    # Two passages may hold the same source, where they overlap.
    return min(1.0, ndcg(gains, len(wanted), parameters.k))


def span_precision(parameters: Depth, answered: Answered) -> float:
    return _spans(parameters, answered).precision


def span_recall(parameters: Depth, answered: Answered) -> float:
    return _spans(parameters, answered).recall


def span_iou(parameters: Depth, answered: Answered) -> float:
    return _spans(parameters, answered).iou


def abstention(parameters: Sources, answered: Answered) -> float:
    return float(_answer(answered)["refused"] is not bool(wanted_sources(parameters, answered)))


def _cited(parameters: Sources, answered: Answered, measure: Any) -> float:
    wanted, places = wanted_sources(parameters, answered), _places(answered, "citations")
    if not wanted:
        return float(not places)
    return float(measure(places, wanted)) if places else 0.0


def _spans(parameters: Depth, answered: Answered) -> SpanShares:
    wanted = wanted_sources(parameters, answered)
    if any(one.text is None and (one.start is None or one.end is None) for one in wanted):
        raise ScoreFailed(
            "score.no_place", "Characters can't be counted: give each source of the row `start` and `end`, or `text`."
        )
    return span_shares(_places(answered, "passages")[: parameters.k], wanted)


def wanted_sources(parameters: Sources, answered: Answered) -> list[Source]:
    """Return the sources that a row names.

    Raises:
        ScoreFailed: `score.no_sources`, `score.sources_invalid`.
    """
    name = parameters.sources
    given = answered.inputs.get(name, answered.metadata.get(name))
    if given is None:
        raise ScoreFailed("score.no_sources", f"This row has no {name!r}; an empty list says that nothing answers it.")
    try:
        # A cell of a table holds JSON as text.
        return _SOURCES.validate_python(json.loads(given) if isinstance(given, str) else given)
    except (ValidationError, ValueError) as error:
        raise ScoreFailed(
            "score.sources_invalid",
            f"{name!r} is to be a list of objects with `document`, and `start` and `end` or `text`.",
        ) from error


def _places(answered: Answered, member: str) -> list[Place]:
    return [Place.of(one) for one in _answer(answered)[member]]


def _answer(answered: Answered) -> dict[str, Any]:
    record = answered.record
    if not isinstance(record, dict) or "citations" not in record:
        raise ScoreFailed("score.no_answer", "Only the answer to a question has citations; evaluate a rag_strategy.")
    return record  # pyright: ignore[reportUnknownVariableType] - JSON as it was recorded


TYPES = (
    FunctionScorer(
        "citation_precision", "The share of citations that are among the row's sources.", Sources, citation_precision
    ),
    FunctionScorer("citation_recall", "The share of the row's sources that are cited.", Sources, citation_recall),
    FunctionScorer(
        "retrieval_recall", "The share of the row's sources among the k nearest passages.", Depth, retrieval_recall
    ),
    FunctionScorer(
        "retrieval_ndcg", "How high the passages with the row's sources stand, nDCG@k.", Depth, retrieval_ndcg
    ),
    FunctionScorer(
        "span_precision", "Characters of the k nearest passages that are the row's sources.", Depth, span_precision
    ),
    FunctionScorer("span_recall", "Characters of the row's sources in the k nearest passages.", Depth, span_recall),
    FunctionScorer(
        "span_iou",
        "Characters that both have, of those that either has: of k passages and the sources.",
        Depth,
        span_iou,
    ),
    FunctionScorer("abstention", "Refused where nothing answers, answered where something does.", Sources, abstention),
)
