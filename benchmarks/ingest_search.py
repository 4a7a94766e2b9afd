"""Indexing PDFs through the engine's jobs, and searching 10,000 and 100,000 passages beside Chroma and LanceDB.

`p50_ms_…` and `p99_ms_…` are the engine's whole hybrid search for a question whose vector is given: nearest
vectors, BM25, fusion, and the passages' text read from their versions, in a transaction of the tenant. The
peers answer with the numbers of the nearest vectors alone. `rest_p50_ms_…` adds what a caller over HTTP waits
for as well: the embedding of the question, and the request. Recall is that of the ten nearest vectors against
a comparison with all, for us and for the peers.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
import numpy as np

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import Engine, running_engine
from benchmarks.harness.figures import percentile
from benchmarks.harness.peers import Peer, environment, running_peer
from benchmarks.ingestion import ingest, pdfs
from benchmarks.nearest import LIBRARIES, NEAREST, REQUIREMENTS, exact, recall
from benchmarks.search_corpus import Corpus, load_corpus
from benchmarks.search_store import Place, analyse, store
from mcp_engine.database.engine import Database
from rag.embedding import Vectors
from rag.index.repository import IndexRepository
from rag.passages import passages_of
from rag.repository import DocumentRepository
from rag.retrieval import Question, retrieve
from rag.strategy import Retrieval

SIZES = {"10k": 10_000, "100k": 100_000}


@dataclass(frozen=True, slots=True)
class Searched:
    """Milliseconds of each search, and what the vector part alone found (passages' numbers, a list a question)."""

    milliseconds: list[float]
    found: list[list[int]]


def run(context: Context) -> Outcome:
    """Index, then search each size; at small scale 100,000 passages are searched too, with fewer repeats."""
    corpus = load_corpus(context)
    peers: dict[str, dict[str, float]] = {peer: {} for peer in LIBRARIES}
    with running_engine() as engine:
        context.say("indexing PDFs through the engine's jobs")
        first, *files = pdfs(corpus, 61 if context.full else 13)
        metrics = ingest(engine, first, files)
        for size, count in SIZES.items():
            passages, vectors = corpus.passages(count, context.seed)
            context.say(f"copying {count:,} passages into the engine's database")
            tenant_id = UUID(engine.call("GET", "/me")["tenant"]["id"])
            place = store(engine.database().owner, tenant_id, f"search-{size}", corpus, passages, vectors)
            analyse(engine.database().owner)
            repeats = 5 if context.full else 1
            context.say(f"searching {count:,} passages, {repeats} × {len(corpus.questions)} questions")
            nearest = [exact(vectors, question) for question in corpus.question_vectors]
            ours, first = asyncio.run(_searched(engine, place, corpus, repeats))
            metrics |= {**_figures(size, ours, nearest), f"load_s_{size}": first}
            metrics[f"rest_p50_ms_{size}"] = percentile(_over_rest(engine, place, corpus, repeats), 0.5)
            for peer, (built, theirs) in _by_peers(context, vectors, corpus.question_vectors, repeats).items():
                peers[peer] |= {**_figures(size, theirs, nearest), f"build_s_{size}": built}
    settings = {
        "questions": len(corpus.questions),
        "repeats": 5 if context.full else 1,
        "texts": corpus.source,
        "passages": f"drawn from {len(corpus.texts):,} real sentences; see benchmarks/search_corpus.py",
        "candidates": Retrieval().candidates,
        "peer_versions": list(REQUIREMENTS),
        "fsync": "on",
        "workers": 1,
    }
    return Outcome(metrics, peers, settings)


def _figures(size: str, searched: Searched, nearest: list[set[int]]) -> dict[str, float]:
    pairs = zip(searched.found, nearest, strict=True)
    return {
        f"p50_ms_{size}": percentile(searched.milliseconds, 0.5),
        f"p99_ms_{size}": percentile(searched.milliseconds, 0.99),
        f"recall_{size}": float(np.mean([recall(found, wanted) for found, wanted in pairs])),
    }


async def _searched(engine: Engine, place: Place, corpus: Corpus, repeats: int) -> tuple[Searched, float]:
    """Search as the engine's own service does, in this process, on the engine's database.

    Return what was found, and the seconds of the very first search, which reads the vectors into memory.
    """
    database = Database(engine.database().application)
    numbers = {chunk: number for number, chunk in enumerate(place.chunks)}
    questions = list(zip(corpus.questions, corpus.question_vectors, strict=True))
    milliseconds: list[float] = []
    found: list[list[int]] = []
    for question, vector in questions * (repeats + 1):
        began = time.perf_counter()
        async with database.unit_of_work(place.tenant_id, place.tenant_id) as work:
            hits = await retrieve(
                work.session, place.collection_id, Question.of(question, vector), Retrieval(), NEAREST
            )
            await passages_of(DocumentRepository(work.session, work.tenant_id), hits.best)
        milliseconds.append((time.perf_counter() - began) * 1000)
    for _, vector in questions:
        async with database.unit_of_work(place.tenant_id, place.tenant_id) as work:
            near = await IndexRepository(work.session).nearest(place.collection_id, vector, NEAREST)
        found.append([numbers[one] for one in near])
    await database.close()
    # The first round warmed up: connections, statements, pages of the database.
    return Searched(milliseconds[len(questions) :], found), milliseconds[0] / 1000


def _over_rest(engine: Engine, place: Place, corpus: Corpus, repeats: int) -> list[float]:
    """Return the milliseconds of each search over HTTP on one connection, after a round to warm up."""
    milliseconds: list[float] = []
    with httpx.Client(base_url=engine.url, headers={"Authorization": f"Bearer {engine.key}"}, timeout=60) as client:
        for number in range(repeats + 1):
            for question in corpus.questions:
                began = time.perf_counter()
                body = {"query": question[:4000], "limit": NEAREST}
                client.post(f"/api/v1/collections/{place.name}/search", json=body).raise_for_status()
                if number:
                    milliseconds.append((time.perf_counter() - began) * 1000)
    return milliseconds


def _by_peers(
    context: Context, vectors: Vectors, questions: Vectors, repeats: int
) -> dict[str, tuple[float, Searched]]:
    """Return, by peer, the seconds that building its index took, and what it found."""
    installed = environment(context.cache, REQUIREMENTS)
    with TemporaryDirectory() as folder, running_peer(installed, "vectors") as peer:
        stored = Path(folder) / "vectors.npz"
        np.savez(stored, vectors=vectors, questions=questions)
        peer.ask("load", path=str(stored))
        return {library: _by_peer(context, peer, library, f"{folder}/{library}", repeats) for library in LIBRARIES}


def _by_peer(context: Context, peer: Peer, library: str, folder: str, repeats: int) -> tuple[float, Searched]:
    context.say(f"{library}: building and searching")
    built = float(peer.ask("build", library=library, folder=folder))
    seen: Any = peer.ask("search", library=library, limit=NEAREST, repeats=repeats)
    return built, Searched([seconds * 1000 for seconds in seen["seconds"]], seen["found"])


_GOALS = {"p50_ms_10k": at_most(10), "p50_ms_100k": at_most(25), "recall_100k": at_least(0.98)}

BENCHMARK = Benchmark(
    name="ingest_search",
    summary="indexing PDFs, and hybrid search beside Chroma's and LanceDB's vector search",
    metrics=(
        Metric("pages_per_s", "pages indexed a second"),
        Metric("mb_per_s", "megabytes of PDF indexed a second"),
        *(
            Metric(f"{key}_{size}", f"{label}, {size} passages", _GOALS.get(f"{key}_{size}"))
            for size in SIZES
            for key, label in (
                ("p50_ms", "search p50 ms"),
                ("p99_ms", "search p99 ms"),
                ("recall", f"recall of the {NEAREST} nearest vectors"),
                ("rest_p50_ms", "the same over HTTP, question embedded, p50 ms"),
                ("load_s", "reading the vectors into memory at the first search, s"),
                ("build_s", "building the index, s"),
            )
        ),
    ),
    run=run,
)
