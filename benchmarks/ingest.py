"""PDFs into the index: the engine's durable jobs beside bare text extraction by pypdfium2, the parser that it uses.

Ours is everything from the first upload over HTTP to the last document that can be searched: the audit entries, a
parser in a process of its own, sentences and their places, the embeddings, the postings. The peer opens the same
files one after the other in this process and throws the text away, so the ratio is the price of all the rest.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import pypdfium2

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome
from benchmarks.harness.engine import running_engine
from benchmarks.ingestion import PAGES_A_DOCUMENT, ingest, pdfs
from benchmarks.search_corpus import load_corpus

_PEER = "pypdfium2"


def run(context: Context) -> Outcome:
    """Index 60 documents of ten pages (12 at small scale), and extract the text of the same."""
    corpus = load_corpus(context)
    first, *files = pdfs(corpus, 61 if context.full else 13)
    with running_engine() as engine:
        context.say(f"indexing {len(files)} PDFs of {PAGES_A_DOCUMENT} pages through the engine's jobs")
        metrics = ingest(engine, first, files)
    context.say("extracting the text of the same pages")
    settings = {
        "texts": corpus.source,
        "documents": len(files),
        "pages": len(files) * PAGES_A_DOCUMENT,
        "workers": 1,
        "peer_versions": [f"pypdfium2=={version('pypdfium2')}"],
    }
    return Outcome(metrics, {_PEER: _bare(files)}, settings)


def _bare(files: Sequence[bytes]) -> dict[str, float]:
    pages = 0
    began = time.perf_counter()
    for content in files:
        document = pypdfium2.PdfDocument(content)
        for page in document:
            text: Any = page.get_textpage()
            pages += bool(text.get_text_bounded())
        document.close()
    seconds = time.perf_counter() - began
    return {"pages_per_s": pages / seconds, "mb_per_s": sum(map(len, files)) / 1e6 / seconds}


BENCHMARK = Benchmark(
    name="ingest",
    summary="PDFs indexed by durable jobs, beside bare text extraction",
    metrics=(
        Metric("pages_per_s", "pages a second"),
        Metric("mb_per_s", "megabytes of PDF a second"),
    ),
    run=run,
)
