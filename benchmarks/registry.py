"""Every benchmark by its name."""

from __future__ import annotations

from benchmarks import (
    analysis,
    assignment,
    audit,
    experiments_aa,
    gate_attack,
    http,
    ingest_search,
    overhead,
    prompt_fetch,
    registry_chaos,
)
from benchmarks.harness.benchmark import Benchmark


def benchmarks() -> dict[str, Benchmark]:
    """Return all benchmarks, in the order in which `all` runs them."""
    modules = (
        prompt_fetch, overhead, audit, ingest_search, http, registry_chaos, assignment, analysis, experiments_aa,
        gate_attack,
    )  # fmt: skip
    return {module.BENCHMARK.name: module.BENCHMARK for module in modules}
