"""Many tenants in one database: what each finds of its own, and whether any ever sees what is another's.

Every tenant gets documents of its own with one passage each, and asks real questions, several at a time on shared
connections, as a server does. Half of the searches name the tenant's own collection, half one of another tenant's by
its id. `leaks` counts every passage that is not the caller's, and every answer at all from a collection that is not.
The last part asks over HTTP for other tenants' collections and documents by name and id; anything but 404 is a leak.

`recall` is that of the ten nearest vectors against a comparison with all of the tenant's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import numpy as np

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.engine import Engine, running_engine
from benchmarks.harness.figures import percentile
from benchmarks.nearest import NEAREST, exact, recall
from benchmarks.search_corpus import Corpus, load_corpus
from benchmarks.search_store import Place, analyse, store
from mcp_engine.database.engine import Database
from rag.embedding import Vectors
from rag.index.repository import IndexRepository
from rag.retrieval import Question, retrieve
from rag.strategy import Retrieval

NOT_FOUND = 404
_AT_ONCE = 8
_OVER_HTTP = 200


@dataclass(frozen=True, slots=True)
class Scale:
    """How many tenants, documents of each, and searches of all together."""

    tenants: int
    documents: int
    searches: int


SCALES = {False: Scale(20, 200, 4_000), True: Scale(100, 1_000, 100_000)}


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant with its own key and collection; `vectors` are in the order of the collection's passages."""

    key: str
    place: Place
    vectors: Vectors


@dataclass(slots=True)
class Seen:
    """What all searches together showed."""

    milliseconds: list[float] = field(default_factory=list[float])
    recalls: list[float] = field(default_factory=list[float])
    leaks: int = 0
    foreign: int = 0


def run(context: Context) -> Outcome:
    """Fill the tenants, search as all of them, and knock at the others' doors."""
    scale = SCALES[context.full]
    corpus = load_corpus(context)
    with running_engine() as engine:
        context.say(f"filling {scale.tenants} tenants with {scale.documents:,} documents each")
        tenants = _tenants(engine, corpus, scale, context.seed)
        context.say(f"searching {scale.searches:,} times, half of them at others'")
        seen = asyncio.run(_searched(engine, tenants, corpus, scale.searches, context.seed))
        context.say(f"asking for others' documents over HTTP, {_OVER_HTTP} times")
        seen.leaks += _over_http(engine, tenants, corpus)
    metrics = {
        "recall": float(np.mean(seen.recalls)),
        "leaks": float(seen.leaks),
        "p50_ms": percentile(seen.milliseconds, 0.5),
        "p99_ms": percentile(seen.milliseconds, 0.99),
    }
    settings = {
        "tenants": scale.tenants,
        "documents_a_tenant": scale.documents,
        "searches": scale.searches,
        "searches_at_others": seen.foreign,
        "requests_at_others": _OVER_HTTP,
        "at_once": _AT_ONCE,
        "texts": corpus.source,
        "fsync": "on",
    }
    return Outcome(metrics, {}, settings)


def _tenants(engine: Engine, corpus: Corpus, scale: Scale, seed: int) -> list[Tenant]:
    passages, vectors = corpus.passages(scale.tenants * scale.documents, seed)
    owner = engine.database().owner
    found: list[Tenant] = []
    for number in range(scale.tenants):
        made = engine.call("POST", "/tenants", {"name": f"tenant-{number}"})
        own = slice(number * scale.documents, (number + 1) * scale.documents)
        name = f"papers-{number}"
        place = store(owner, UUID(made["tenant_id"]), name, corpus, passages[own], vectors[own], chunks_a_document=1)
        found.append(Tenant(made["api_key"], place, vectors[own]))
    analyse(owner)
    return found


async def _searched(engine: Engine, tenants: Sequence[Tenant], corpus: Corpus, searches: int, seed: int) -> Seen:
    """Search in this process as the engine's own service does: as the application's role, under row-level security."""
    database = Database(engine.database().application)
    seen = Seen()
    plan = _plan(len(tenants), len(corpus.questions), searches, seed)

    async def work() -> None:
        for asking, asked, question in plan:
            await _search(database, tenants[asking], tenants[asked], corpus, question, seen)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    await database.close()
    return seen


def _plan(tenants: int, questions: int, searches: int, seed: int) -> Iterator[tuple[int, int, int]]:
    """Yield who asks whom what: every second search is at another's."""
    chance = np.random.default_rng(seed)
    for number in range(searches):
        asking = int(chance.integers(tenants))
        asked = asking if number % 2 == 0 else (asking + 1 + int(chance.integers(tenants - 1))) % tenants
        yield asking, asked, int(chance.integers(questions))


async def _search(database: Database, asking: Tenant, asked: Tenant, corpus: Corpus, question: int, seen: Seen) -> None:
    own = asking.place
    text, vector = corpus.questions[question], corpus.question_vectors[question]
    began = time.perf_counter()
    async with database.unit_of_work(own.tenant_id, own.tenant_id) as work:
        hits = await retrieve(
            work.session, asked.place.collection_id, Question.of(text, vector), Retrieval(), NEAREST
        )  # fmt: skip
    spent = (time.perf_counter() - began) * 1000
    found = [(hit.candidate.version_id, hit.candidate.ordinal) for hit in hits.best]
    if asking is not asked:
        seen.foreign += 1
        seen.leaks += len(found)
        return
    seen.milliseconds.append(spent)
    numbers = {chunk: number for number, chunk in enumerate(own.chunks)}
    seen.leaks += sum(one not in numbers for one in found)
    async with database.unit_of_work(own.tenant_id, own.tenant_id) as work:
        near = await IndexRepository(work.session).nearest(own.collection_id, vector, NEAREST)
    seen.leaks += sum(one not in numbers for one in near)
    seen.recalls.append(recall([numbers[one] for one in near if one in numbers], exact(asking.vectors, vector)))


def _over_http(engine: Engine, tenants: Sequence[Tenant], corpus: Corpus) -> int:
    """Return how many requests for what is another tenant's were answered by anything but 404."""
    leaks = 0
    with httpx.Client(base_url=f"{engine.url}/api/v1", timeout=60) as client:
        for number in range(_OVER_HTTP):
            asking, other = tenants[number % len(tenants)], tenants[(number + 1) % len(tenants)]
            client.headers["Authorization"] = f"Bearer {asking.key}"
            query = corpus.questions[number % len(corpus.questions)][:4000]
            theirs = f"/collections/{other.place.name}"
            answers = [
                client.post(f"{theirs}/search", json={"query": query}),
                client.post("/ask", json={"question": query, "collection": other.place.name}),
                client.get(f"{theirs}/documents"),
            ]
            leaks += sum(answer.status_code != NOT_FOUND for answer in answers)
    return leaks


BENCHMARK = Benchmark(
    name="tenants",
    summary="many tenants in one database: recall inside each, and leaks between them",
    metrics=(
        Metric("recall", f"recall of the {NEAREST} nearest vectors inside a tenant", at_least(0.98)),
        Metric("leaks", "passages or answers of another tenant's", at_most(0)),
        Metric("p50_ms", "search p50 ms"),
        Metric("p99_ms", "search p99 ms"),
    ),
    run=run,
)
