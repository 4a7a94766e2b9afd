"""PDFs of real sentences, uploaded over HTTP and indexed by the engine's durable jobs."""

from __future__ import annotations

import importlib
import io
import textwrap
import time
from collections.abc import Sequence
from typing import Any

import httpx

from benchmarks.harness.engine import Engine, EngineFailed
from benchmarks.search_corpus import Corpus

PAGES_A_DOCUMENT = 10
LINES_A_PAGE = 48
_LINE_CHARACTERS = 95
_COLLECTION = "ingestion"
_LONGEST_SECONDS = 3600
_LOOK_SECONDS = 0.2
_ENDED = ("succeeded", "failed", "cancelled")


def pdfs(corpus: Corpus, count: int) -> list[bytes]:
    """Return different PDFs of ten full pages each."""
    return [_pdf(corpus, number) for number in range(count)]


def ingest(engine: Engine, first: bytes, files: Sequence[bytes]) -> dict[str, float]:
    """Return pages and megabytes a second, from the upload of `files` to the last of them that can be searched.

    Args:
        first: one more, indexed before: it starts the parser and loads the embedder in the worker.
    """
    headers = {"Authorization": f"Bearer {engine.key}"}
    with httpx.Client(base_url=f"{engine.url}/api/v1", headers=headers, timeout=120) as client:
        wait_for_jobs(client, [_upload(client, 0, first)])
        began = time.perf_counter()
        jobs = [_upload(client, number, content) for number, content in enumerate(files, start=1)]
        wait_for_jobs(client, jobs)
        seconds = time.perf_counter() - began
    megabytes = sum(map(len, files)) / 1e6
    return {"pages_per_s": len(files) * PAGES_A_DOCUMENT / seconds, "mb_per_s": megabytes / seconds}


def _pdf(corpus: Corpus, number: int) -> bytes:
    """Return a PDF of ten full pages; the texts of two documents begin at different sentences."""
    canvas: Any = importlib.import_module("reportlab.pdfgen.canvas")
    lines = textwrap.wrap(_text(corpus, number), _LINE_CHARACTERS)
    sink = io.BytesIO()
    page = canvas.Canvas(sink, pagesize=(595, 842))
    for first in range(0, PAGES_A_DOCUMENT * LINES_A_PAGE, LINES_A_PAGE):
        page.setFont("Helvetica", 10)
        for place, line in enumerate(lines[first : first + LINES_A_PAGE]):
            page.drawString(50, 790 - 15 * place, line)
        page.showPage()
    page.save()
    return sink.getvalue()


def _text(corpus: Corpus, number: int) -> str:
    wanted = PAGES_A_DOCUMENT * LINES_A_PAGE * _LINE_CHARACTERS * 11 // 10
    place, pieces, length = number * 211 % len(corpus.texts), list[str](), 0
    while length < wanted:
        sentence = corpus.texts[place % len(corpus.texts)].encode("latin-1", "replace").decode("latin-1")
        pieces.append(sentence)
        length += len(sentence) + 1
        place += 1
    return " ".join(pieces)


def _upload(client: httpx.Client, number: int, content: bytes) -> str:
    return upload(client, _COLLECTION, f"document-{number}.pdf", content, "application/pdf")


def upload(client: httpx.Client, collection: str, name: str, content: bytes, media_type: str) -> str:
    """Add a document to a collection; return its job."""
    answer = client.post(f"/collections/{collection}/documents", files={"file": (name, content, media_type)})
    answer.raise_for_status()
    return str(answer.json()["job_id"])


def wait_for_jobs(client: httpx.Client, jobs: list[str]) -> None:
    """Wait until every job has succeeded; raises `EngineFailed` for one that has not within an hour."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    for job in jobs:
        while (state := client.get(f"/jobs/{job}").raise_for_status().json()["state"]) not in _ENDED:
            if time.monotonic() > deadline:
                raise EngineFailed(f"the job {job} did not end within {_LONGEST_SECONDS} s")
            time.sleep(_LOOK_SECONDS)
        if state != "succeeded":
            raise EngineFailed(f"the job {job} ended as {state}")
