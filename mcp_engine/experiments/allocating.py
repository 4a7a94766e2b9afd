"""When and how an adaptive experiment shares its traffic anew."""

from __future__ import annotations

from typing import Any

from mcp_engine.experiments.analysis import Evidence
from mcp_engine.experiments.comparing import BinaryCounts
from mcp_engine.statistics.allocation import BetaArm, top_two_shares

GROWTH = 1.1
"""Shares change when there are a tenth more observations: soon at first, seldom later, some hundred times in all."""
FIRST = 20
"""Before so many observations of all arms together nothing is learned that shares should follow."""
LEAST_SHARE = 0.2
"""Of an even share: what every arm keeps, so that it is still measured."""


def next_weights(evidence: Evidence) -> dict[str, Any] | None:
    """Return the facts of the next allocation, by top-two Thompson sampling; None if it is too early.

    The shares follow the primary metric, which is binary (`planning.check_plan`).
    """
    metric = evidence.plan.metrics[0]
    data = evidence.data[metric.name]
    if not isinstance(data, BinaryCounts):
        return None
    counts = data.totals.sum(axis=0)
    observations = int(counts.sum())
    if observations < max(FIRST, evidence.allocated_at * GROWTH):
        return None
    good, bad = (1, 0) if metric.direction == "higher" else (0, 1)
    arms = [BetaArm.of(int(arm[good]), int(arm[bad])) for arm in counts]
    shares = top_two_shares(arms, floor=LEAST_SHARE / len(arms))
    return {"weights": [float(share) for share in shares / shares.sum()], "observations": observations}
