"""Every benchmark by its name."""

from __future__ import annotations

from benchmarks import (
    abstention,
    analysis,
    assignment,
    audit,
    citations,
    experiments_aa,
    gate_attack,
    http,
    ingest_search,
    overhead,
    prompt_fetch,
    registry_chaos,
    retrieval_quality,
)
from benchmarks.harness.benchmark import Benchmark


def benchmarks() -> dict[str, Benchmark]:
    """Return all benchmarks, in the order in which `all` runs them."""
    modules = (
        prompt_fetch, overhead, audit, ingest_search, http, registry_chaos, assignment, analysis, experiments_aa,
        gate_attack, retrieval_quality, abstention, citations,
    )  # fmt: skip
    return {module.BENCHMARK.name: module.BENCHMARK for module in modules}
