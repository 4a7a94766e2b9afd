"""The result of one run: as a table for people, as JSON for whoever compares."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.harness.benchmark import Benchmark, Outcome
from benchmarks.harness.figures import ratio


@dataclass(frozen=True, slots=True)
class Report:
    """An outcome with how it came about."""

    benchmark: Benchmark
    outcome: Outcome
    command: str
    seed: int
    machine: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def missed(self) -> list[str]:
        """The keys whose goal was not reached, or not measured."""
        return [
            metric.key
            for metric in self.benchmark.metrics
            if metric.goal and not metric.goal.holds(self.outcome.metrics.get(metric.key, math.nan))
        ]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.document(), indent=2) + "\n")

    def document(self) -> dict[str, Any]:
        return {
            "name": self.benchmark.name,
            "metrics": {key: float(value) for key, value in self.outcome.metrics.items()},
            "peers": {
                peer: {key: float(value) for key, value in figures.items()}
                for peer, figures in self.outcome.peers.items()
            },
            "command": self.command,
            "seed": self.seed,
            "machine": dict(self.machine),
            "settings": dict(self.settings),
        }

    def show(self, console: Console) -> None:
        """Print a row a figure: ours, each peer's, ours over the peer's, the goal."""
        peers = list(self.outcome.peers)
        table = Table(title=f"{self.benchmark.name}: {self.benchmark.summary}", title_justify="left")
        table.add_column("")
        for name in ("ours", *(heading for peer in peers for heading in (peer, f"ours / {peer}"))):
            table.add_column(name, justify="right")
        table.add_column("goal")
        for metric in self.benchmark.metrics:
            if metric.key not in self.outcome.metrics:
                continue
            own = self.outcome.metrics[metric.key]
            cells = [metric.label, shown(own)]
            for peer in peers:
                theirs = self.outcome.peers[peer].get(metric.key)
                cells += ["", ""] if theirs is None else [shown(theirs), f"{shown(ratio(own, theirs))}×"]
            table.add_row(*cells, self._judged(metric.key))
        console.print(table)

    def _judged(self, key: str) -> str:
        goal = next(metric.goal for metric in self.benchmark.metrics if metric.key == key)
        if goal is None:
            return ""
        return f"[red]{goal} missed[/red]" if key in self.missed else f"[green]{goal} reached[/green]"


def shown(value: float) -> str:
    """Return a figure with three significant digits, and whole numbers from a hundred on."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
