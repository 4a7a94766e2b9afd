"""Figures of decisions; each between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

from rag.sweeps.measuring import risk_coverage as curve_of


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float, float]]:
    """Return (threshold, coverage, risk) for each threshold at which the answers change, as sweeps do.

    Every question has an answer here, whatever its confidence.
    """
    return [*curve_of([*zip(confidences, right, strict=True)], len(confidences))]


def coverage_at(curve: Sequence[tuple[float, float, float]], risk: float) -> float:
    """Return the largest coverage whose risk is at most `risk`; 0 where there is none."""
    return max((coverage for _, coverage, found in curve if found <= risk), default=0.0)
