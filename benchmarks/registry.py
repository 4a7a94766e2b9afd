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
    ingest,
    ingest_search,
    injection,
    overhead,
    prompt_fetch,
    registry_chaos,
    retrieval_quality,
    tenants,
    vector_scale,
)
from benchmarks.harness.benchmark import Benchmark


def benchmarks() -> dict[str, Benchmark]:
    """Return all benchmarks, in the order in which `all` runs them."""
    modules = (
        prompt_fetch, overhead, audit, ingest, ingest_search, vector_scale, tenants, http, registry_chaos, assignment,
        analysis, experiments_aa, gate_attack, retrieval_quality, abstention, citations, injection,
    )  # fmt: skip
    return {module.BENCHMARK.name: module.BENCHMARK for module in modules}
