"""The server's resident memory over time, and whether it grows."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.end_to_end.instance import EngineProcess

SAMPLE_SECONDS = 2.0
WARM_UP_SHARE = 0.25
"""Of each life of the process: caches and pools fill, modules load."""
FLAT_SHARE = 0.05
"""A fitted growth over the rest of a life of at most this share of its mean counts as flat."""
FEWEST_SAMPLES = 20
JUDGED_SECONDS = 240.0
"""A shorter life is mostly warm-up: its figures are shown and not judged."""


@dataclass(frozen=True)
class Growth:
    """One life of the server process, after its warm-up: a linear fit of its resident memory."""

    seconds: float
    mean_mb: float
    mb_per_hour: float

    @property
    def share(self) -> float:
        """Growth over the life as a share of the mean."""
        return self.mb_per_hour / 3600 * self.seconds / self.mean_mb

    @property
    def is_flat(self) -> bool:
        return self.seconds < JUDGED_SECONDS or self.share <= FLAT_SHARE


@dataclass
class MemorySampler:
    """Samples the server process that runs at each moment."""

    engine: EngineProcess
    lives: dict[int, list[tuple[float, float]]] = field(default_factory=dict[int, list[tuple[float, float]]])

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            process = self.engine.process
            if process is not None and (found := resident_mb(process.pid)) is not None:
                self.lives.setdefault(process.pid, []).append((time.monotonic(), found))
            await asyncio.sleep(SAMPLE_SECONDS)

    def growths(self) -> list[Growth]:
        """Return the fit of every life that was long enough."""
        return [growth_of(samples) for samples in self.lives.values() if len(samples) >= FEWEST_SAMPLES]


def growth_of(samples: list[tuple[float, float]]) -> Growth:
    """Return the least-squares line through (seconds, megabytes) after the warm-up."""
    kept = np.array(samples[int(len(samples) * WARM_UP_SHARE) :])
    slope, _ = np.polyfit(kept[:, 0] - kept[0, 0], kept[:, 1], 1)
    return Growth(float(kept[-1, 0] - kept[0, 0]), float(kept[:, 1].mean()), float(slope) * 3600)


def resident_mb(pid: int) -> float | None:
    """Return a process's resident memory; None when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return int(line.split()[1]) / 1024 if line else None
