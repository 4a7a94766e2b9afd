"""Whether the passages that answer a question stand first, over HTTP with the built-in strategy.

`ndcg10_squad` and `ndcg10_clapnq` rank documents (a paragraph or passage is one) by their best passage;
`ndcg10_chunking` ranks passages, those relevant that overlap a reference. Spans are compared as in the chunking
report (Smith and Troynikov, 2024): of the five best passages of a question, `span_recall` is the share of the
references' characters in them, `span_iou` what they share over what they and the rest of the references hold.

Beside it, in the same run on the same texts: bm25s, and LangChain's recursive splitter (800 characters, no overlap)
with the same embedder and the nearest vectors. The report's own rows are of five corpora and another embedder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.asking import Client
from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least
from benchmarks.harness.engine import EngineFailed, running_engine
from benchmarks.harness.figures import evenly
from benchmarks.harness.peers import Peer, environment, running_peer
from benchmarks.question_sets import Asked, Gold, QuestionSet, chunking, clapnq, squad
from rag.chunkers.outline import Outline
from rag.embedding import MiniLMEmbedder
from rag.indexing import cut
from rag.parsing.formats.plain import parse_text
from rag.relevance import ndcg
from rag.span_overlap import Span, length, merged, overlap, shared
from rag.strategy import Chunking

REQUIREMENTS = ("bm25s==0.3.16", "PyStemmer==3.1.0", "langchain-text-splitters==1.1.3")
DEPTH = 10
PASSAGES = 5
FOUND = 50
PEER_CHARACTERS = 800
Place = tuple[str, int, int]


def run(context: Context) -> Outcome:
    """Fill a collection a set and search it; at small scale every question set gives 300 questions at most."""
    sets = [squad(context.data), chunking(context.data), clapnq(context.data)]
    asked = {one.name: evenly(one.answerable, 10**9 if context.full else 300) for one in sets}
    metrics: dict[str, float] = {}
    with running_engine() as engine:
        client = Client(engine)
        for one in sets:
            context.say(f"indexing {len(one.documents):,} documents of {one.name}")
            client.fill(one)
            context.say(f"searching, {len(asked[one.name]):,} questions")
            found = [_places(client.search(one.name, question.question, FOUND)) for question in asked[one.name]]
            metrics |= _figures(one, asked[one.name], found)
        client.close()
    peers = _by_peers(context, sets, asked)
    settings = {
        "own_rows": [one.name for one in sets if one.is_own],
        "questions": {name: len(rows) for name, rows in asked.items()},
        "documents": {one.name: len(one.documents) for one in sets},
        "peer_versions": list(REQUIREMENTS),
        "span_passages": PASSAGES,
    }
    return Outcome(metrics, peers, settings)


def _places(passages: Sequence[Mapping[str, Any]]) -> list[Place]:
    return [(one["version"]["document"], one["start"], one["end"]) for one in passages]


def _figures(questions: QuestionSet, asked: Sequence[Asked], found: Sequence[Sequence[Place]]) -> dict[str, float]:
    if questions.name != "chunking":
        return {f"ndcg10_{questions.name}": _documents_ndcg(asked, [_names(places) for places in found])}
    chunks = _chunks(questions)
    for places in found:
        if not set(places) <= chunks:
            raise EngineFailed("the engine cuts the corpora otherwise than this benchmark expects")
    return {"ndcg10_chunking": _passages_ndcg(asked, found, chunks), **_spans(asked, found)}


def _documents_ndcg(asked: Sequence[Asked], found: Sequence[Sequence[str]]) -> float:
    figures: list[float] = []
    for question, names in zip(asked, found, strict=True):
        wanted = {one.document for one in question.gold}
        figures.append(ndcg([name in wanted for name in names], len(wanted), DEPTH))
    return fmean(figures)


def _passages_ndcg(asked: Sequence[Asked], found: Sequence[Sequence[Place]], chunks: set[Place]) -> float:
    figures: list[float] = []
    for question, places in zip(asked, found, strict=True):
        relevant = {place for place in chunks if _answers(place, question.gold)}
        figures.append(ndcg([place in relevant for place in places], len(relevant), DEPTH))
    return fmean(figures)


def _spans(asked: Sequence[Asked], found: Sequence[Sequence[Place]]) -> dict[str, float]:
    recalls: list[float] = []
    unions: list[float] = []
    for question, places in zip(asked, found, strict=True):
        common = wanted = shown = 0
        for name in {one.document for one in question.gold} | {place[0] for place in places[:PASSAGES]}:
            gold = merged([(one.start, one.end) for one in question.gold if one.document == name])
            own: list[Span] = [(start, end) for document, start, end in places[:PASSAGES] if document == name]
            common, wanted, shown = common + shared(gold, own), wanted + length(gold), shown + length(own)
        recalls.append(common / wanted)
        unions.append(common / (shown + wanted - common))
    return {"span_recall": fmean(recalls), "span_iou": fmean(unions)}


def _names(places: Sequence[Place]) -> list[str]:
    return list(dict.fromkeys(name for name, _, _ in places))


def _answers(place: Place, gold: Sequence[Gold]) -> bool:
    name, start, end = place
    return any(one.document == name and overlap((one.start, one.end), (start, end)) for one in gold)


def _chunks(questions: QuestionSet) -> set[Place]:
    """Return every passage that the engine makes of these texts with the built-in strategy."""
    return {
        (name, one.start, one.end)
        for name, text in questions.documents.items()
        for one in cut(Outline.of(parse_text(text.encode()), Chunking().max_characters), Chunking()).chunks
    }


def _by_peers(
    context: Context, sets: Sequence[QuestionSet], asked: Mapping[str, Sequence[Asked]]
) -> dict[str, dict[str, float]]:
    context.say("bm25s and LangChain's splitter on the same texts")
    bm25: dict[str, float] = {}
    recursive: dict[str, float] = {}
    with running_peer(environment(context.cache, REQUIREMENTS), "passages") as peer:
        for one in sets:
            rows = asked[one.name]
            if one.name == "chunking":
                chunks = sorted(_chunks(one))
                ranked = _ranked(peer, [one.documents[name][start:end] for name, start, end in chunks], rows)
                found = [[chunks[number] for number in numbers] for numbers in ranked]
                bm25 |= {"ndcg10_chunking": _passages_ndcg(rows, found, set(chunks)), **_spans(rows, found)}
                recursive = _spans(rows, asyncio.run(_nearest(peer, one, rows)))
            else:
                names = list(one.documents)
                ranked = _ranked(peer, list(one.documents.values()), rows)
                found_names = [[names[number] for number in numbers] for numbers in ranked]
                bm25[f"ndcg10_{one.name}"] = _documents_ndcg(rows, found_names)
    return {"bm25s": bm25, "langchain": recursive}


def _ranked(peer: Peer, texts: Sequence[str], asked: Sequence[Asked]) -> list[list[int]]:
    return list(peer.ask("rank", texts=list(texts), questions=[one.question for one in asked], limit=FOUND))


async def _nearest(peer: Peer, questions: QuestionSet, asked: Sequence[Asked]) -> list[list[Place]]:
    names = list(questions.documents)
    spans = peer.ask("split", texts=[questions.documents[name] for name in names], characters=PEER_CHARACTERS)
    places: list[Place] = [(name, start, end) for name, own in zip(names, spans, strict=True) for start, end in own]
    embedder = MiniLMEmbedder()
    vectors = await embedder.embed_passages([questions.documents[name][start:end] for name, start, end in places])
    wanted = await embedder.embed_queries([one.question for one in asked])
    best = np.argsort(-(wanted @ vectors.T), axis=1, kind="stable")[:, :PASSAGES]
    return [[places[int(number)] for number in row] for row in best]


BENCHMARK = Benchmark(
    name="retrieval_quality",
    summary="whether what answers stands first, beside bm25s and LangChain's splitter with nearest vectors",
    metrics=(
        Metric("ndcg10_squad", "nDCG@10, SQuAD's paragraphs", at_least(0.92)),
        Metric("ndcg10_chunking", "nDCG@10, passages of the chunking report's corpora", at_least(0.79)),
        Metric("ndcg10_clapnq", "nDCG@10, CLAPnq's passages", at_least(0.95)),
        Metric("span_recall", f"references' characters in the {PASSAGES} best passages"),
        Metric("span_iou", "shared characters over all that either holds"),
    ),
    run=run,
)
