"""Nearest vectors at 10,000 and 100,000 real passages, and at 1,000,000 seeded vectors (full scale).

Ours is the engine's own search for the ten nearest vectors, in a transaction of the tenant: `ours` from memory, `scan`
the same engine reading the database, as it does for a collection that is too large for its memory. Beside it, with the
same vectors in the same run: pgvector's HNSW index in the same PostgreSQL, numpy comparing with all, Chroma, LanceDB.
Recall is that of the ten nearest against a comparison with all.

`memory_mb` is what a search needs at hand: the vectors the engine holds, a peer's resident memory less what it had
before it built its index, numpy's array; PostgreSQL's own buffers are not counted, for us neither. `disk_mb` is what
the vectors and their index take there; ours has the passages' places beside them.

The million are no text: unit vectors around 10,000 random directions, which says what a search costs and no more.

The last figures are of searches over HTTP of a collection while documents are indexed into it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.busy import searched_while_indexing
from benchmarks.harness.benchmark import Benchmark, Context, Goal, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import Engine, running_engine
from benchmarks.harness.figures import percentile
from benchmarks.harness.peers import environment, running_peer
from benchmarks.nearest import LIBRARIES, NEAREST, REQUIREMENTS, exact, recall
from benchmarks.search_corpus import Corpus, load_corpus
from benchmarks.search_store import Place, analyse, store, table_bytes
from benchmarks.vector_table import VectorTable
from mcp_engine.database.engine import Database
from rag.embedding import Vectors, normalised
from rag.index.memory import VectorMemory
from rag.index.repository import IndexRepository

SIZES = {"10k": 10_000, "100k": 100_000}
SEEDED = {"1m": 1_000_000}
_DIRECTIONS = 10_000
_SPREAD = 0.05
_SCANNED = 20
"""A scan of 100,000 vectors takes most of a second's tenth: so many questions say enough."""


@dataclass(slots=True)
class Measured:
    """Milliseconds of each search, the numbers of what each question found, and what that took."""

    milliseconds: list[float] = field(default_factory=list[float])
    found: list[list[int]] = field(default_factory=list[list[int]])
    build_s: float = 0.0
    memory_mb: float | None = None
    disk_mb: float | None = None


def run(context: Context) -> Outcome:
    """Measure every size beside every peer, then search while documents are indexed."""
    corpus = load_corpus(context)
    figures: dict[str, dict[str, float]] = {}
    with running_engine() as engine:
        for size, count in {**SIZES, **(SEEDED if context.full else {})}.items():
            vectors = corpus.passages(count, context.seed)[1] if size in SIZES else seeded(count, context.seed)
            wanted = [exact(vectors, question) for question in corpus.question_vectors]
            for name, measured in _all(context, engine, corpus, size, vectors):
                figures.setdefault(name, {}).update(_figures(size, measured, wanted))
        context.say("searching over HTTP while documents are indexed")
        busy = searched_while_indexing(engine, corpus, documents=40 if context.full else 10)
    settings = {
        "questions": len(corpus.questions),
        "texts": corpus.source,
        "1m": "seeded vectors, no text",
        "hnsw": VectorTable.SETTINGS,
        "scan_questions": _SCANNED,
        "peer_versions": [*REQUIREMENTS, "pgvector of the engine's PostgreSQL"],
    }
    return Outcome({**figures.pop("ours"), **busy}, figures, settings)


def seeded(count: int, seed: int) -> Vectors:
    """Return unit vectors around random directions; the same for the same seed."""
    chance = np.random.default_rng(seed)
    middles = normalised(chance.standard_normal((_DIRECTIONS, 384), dtype=np.float32))
    around = chance.integers(_DIRECTIONS, size=count)
    noise: Vectors = np.multiply(chance.standard_normal((count, 384), dtype=np.float32), np.float32(_SPREAD))
    return normalised(np.add(middles[around], noise, dtype=np.float32))


def _all(context: Context, engine: Engine, corpus: Corpus, size: str, vectors: Vectors) -> list[tuple[str, Measured]]:
    questions = corpus.question_vectors
    context.say(f"{len(vectors):,} vectors: ours")
    place, stored = _stored(context, engine, corpus, size, vectors)
    found = [
        ("ours", asyncio.run(_ours(engine, place, questions, VectorMemory()))),
        ("scan", asyncio.run(_ours(engine, place, questions[:_SCANNED], VectorMemory(budget_bytes=0)))),
    ]
    for _, one in found:
        one.build_s, one.disk_mb = stored.build_s, stored.disk_mb
    context.say(f"{len(vectors):,} vectors: pgvector's HNSW, numpy")
    found += [("pgvector", _hnsw(engine, vectors, questions)), ("numpy", _numpy(vectors, questions))]
    return [*found, *_libraries(context, vectors, questions)]


def _stored(context: Context, engine: Engine, corpus: Corpus, size: str, vectors: Vectors) -> tuple[Place, Measured]:
    owner = engine.database().owner
    tenant_id = UUID(engine.call("GET", "/me")["tenant"]["id"])
    # The seeded have no text of their own: any passage stands for each, and only vectors are searched.
    passages = corpus.passages(min(len(vectors), SIZES["100k"]), context.seed)[0]
    repeated = [passages[number % len(passages)] for number in range(len(vectors))]
    before = table_bytes(owner, "chunk")
    began = time.perf_counter()
    place = store(owner, tenant_id, f"scale-{size}", corpus, repeated, vectors, only_vectors=size in SEEDED)
    spent = time.perf_counter() - began
    analyse(owner)
    return place, Measured(build_s=spent, disk_mb=(table_bytes(owner, "chunk") - before) / 1e6)


async def _ours(engine: Engine, place: Place, questions: Vectors, memory: VectorMemory) -> Measured:
    database = Database(engine.database().application)
    numbers = {chunk: number for number, chunk in enumerate(place.chunks)}
    measured = Measured()
    for warm in (True, False):
        for vector in questions[: 5 if warm else None]:
            began = time.perf_counter()
            async with database.unit_of_work(place.tenant_id, place.tenant_id) as work:
                near = await IndexRepository(work.session, memory).nearest(place.collection_id, vector, NEAREST)
            if not warm:
                measured.milliseconds.append((time.perf_counter() - began) * 1000)
                measured.found.append([numbers[one] for one in near])
    measured.memory_mb = memory.bytes / 1e6
    await database.close()
    return measured


def _hnsw(engine: Engine, vectors: Vectors, questions: Vectors) -> Measured:
    with VectorTable(engine.database().owner) as table:
        began = time.perf_counter()
        table.build(vectors)
        built = time.perf_counter() - began
        measured = _timed(lambda vector: table.nearest(vector, NEAREST), questions)
        measured.build_s, measured.disk_mb = built, table.bytes() / 1e6
    return measured


def _numpy(vectors: Vectors, questions: Vectors) -> Measured:
    def nearest(vector: Any) -> list[int]:
        scores = vectors @ vector
        best = np.argpartition(scores, -NEAREST)[-NEAREST:]
        return [int(one) for one in best]

    measured = _timed(nearest, questions)
    measured.memory_mb = vectors.nbytes / 1e6
    return measured


def _timed(search: Callable[[Any], list[int]], questions: Vectors) -> Measured:
    measured = Measured()
    for vector in questions[:5]:
        search(vector)
    for vector in questions:
        began = time.perf_counter()
        found = search(vector)
        measured.milliseconds.append((time.perf_counter() - began) * 1000)
        measured.found.append(found)
    return measured


def _libraries(context: Context, vectors: Vectors, questions: Vectors) -> list[tuple[str, Measured]]:
    installed = environment(context.cache, REQUIREMENTS)
    found: list[tuple[str, Measured]] = []
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "vectors.npz"
        np.savez(kept, vectors=vectors, questions=questions)
        for library in LIBRARIES:
            context.say(f"{len(vectors):,} vectors: {library}")
            own = Path(folder) / library
            with running_peer(installed, "vectors") as peer:
                peer.ask("load", path=str(kept))
                before = int(peer.ask("memory"))
                built = float(peer.ask("build", library=library, folder=str(own)))
                seen: Any = peer.ask("search", library=library, limit=NEAREST, repeats=1)
                held = (int(peer.ask("memory")) - before) / 1e6
            disk = sum(path.stat().st_size for path in own.rglob("*") if path.is_file()) / 1e6
            milliseconds = [seconds * 1000 for seconds in seen["seconds"]]
            found.append((library, Measured(milliseconds, seen["found"], built, held, disk)))
    return found


def _figures(size: str, measured: Measured, wanted: Sequence[set[int]]) -> dict[str, float]:
    # A scan is asked the first few questions alone.
    recalls = [recall(found, right) for found, right in zip(measured.found, wanted, strict=False)]
    figures = {
        f"p50_ms_{size}": percentile(measured.milliseconds, 0.5),
        f"p99_ms_{size}": percentile(measured.milliseconds, 0.99),
        f"recall_{size}": float(np.mean(recalls)),
        f"build_s_{size}": measured.build_s,
    }
    if measured.memory_mb is not None:
        figures[f"memory_mb_{size}"] = measured.memory_mb
    if measured.disk_mb is not None:
        figures[f"disk_mb_{size}"] = measured.disk_mb
    return figures


_LABELS = {
    "p50_ms": "p50 ms", "p99_ms": "p99 ms", "recall": "recall of the ten nearest", "build_s": "building, s",
    "memory_mb": "memory, MB", "disk_mb": "disk, MB",
}  # fmt: skip
_GOALS: dict[str, Goal] = {"recall_10k": at_least(0.98), "recall_100k": at_least(0.98)}

BENCHMARK = Benchmark(
    name="vector_scale",
    summary="nearest vectors at 10,000, 100,000 and (seeded) 1,000,000, and searches while documents are indexed",
    metrics=(
        *(
            Metric(f"{key}_{size}", f"{label}, {size}", _GOALS.get(f"{key}_{size}"))
            for size in (*SIZES, *SEEDED)
            for key, label in _LABELS.items()
        ),
        Metric("busy_failures", "searches that failed while documents were indexed", at_most(0)),
        Metric("idle_p99_ms", "a search over HTTP, p99 ms"),
        Metric("busy_p99_ms", "the same while documents are indexed, p99 ms"),
        Metric("busy_p99_ratio", "busy / idle p99", at_most(3)),
    ),
    run=run,
)
