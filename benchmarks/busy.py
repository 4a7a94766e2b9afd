"""Searches over HTTP of a collection, first by themselves, then while documents are indexed into it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx

from benchmarks.harness.engine import Engine
from benchmarks.harness.figures import percentile
from benchmarks.ingestion import pdfs, upload, wait_for_jobs
from benchmarks.search_corpus import Corpus

_COLLECTION = "busy"
_IDLE_SECONDS = 10.0
_PAUSE_SECONDS = 0.05
"""Between two searches: a person's pace, not the most that the engine answers."""


@dataclass(slots=True)
class _Searches:
    milliseconds: list[float] = field(default_factory=list[float])
    failures: int = 0


def searched_while_indexing(engine: Engine, corpus: Corpus, documents: int) -> dict[str, float]:
    """Return p99 of the searches before and during, and how many failed; the first documents are there before."""
    first, *files = pdfs(corpus, documents + 1)
    headers = {"Authorization": f"Bearer {engine.key}"}
    with httpx.Client(base_url=f"{engine.url}/api/v1", headers=headers, timeout=120) as client:
        wait_for_jobs(client, [upload(client, _COLLECTION, "first.pdf", first, "application/pdf")])
        idle, busy, done = _Searches(), _Searches(), threading.Event()
        _search(engine, corpus, idle, time.monotonic() + _IDLE_SECONDS, done)
        searching = threading.Thread(target=_search, args=(engine, corpus, busy, None, done))
        searching.start()
        try:
            jobs = [
                upload(client, _COLLECTION, f"{number}.pdf", content, "application/pdf")
                for number, content in enumerate(files)
            ]
            wait_for_jobs(client, jobs)
        finally:
            done.set()
            searching.join()
    idle_p99, busy_p99 = percentile(idle.milliseconds, 0.99), percentile(busy.milliseconds, 0.99)
    return {
        "busy_failures": float(idle.failures + busy.failures),
        "idle_p99_ms": idle_p99,
        "busy_p99_ms": busy_p99,
        "busy_p99_ratio": busy_p99 / idle_p99,
    }


def _search(engine: Engine, corpus: Corpus, seen: _Searches, until: float | None, done: threading.Event) -> None:
    headers = {"Authorization": f"Bearer {engine.key}"}
    number = 0
    with httpx.Client(base_url=f"{engine.url}/api/v1", headers=headers, timeout=60) as client:
        while not done.is_set() and (until is None or time.monotonic() < until):
            query = corpus.questions[number % len(corpus.questions)][:4000]
            began = time.perf_counter()
            answer = client.post(f"/collections/{_COLLECTION}/search", json={"query": query})
            seen.milliseconds.append((time.perf_counter() - began) * 1000)
            seen.failures += answer.is_error
            number += 1
            time.sleep(_PAUSE_SECONDS)
