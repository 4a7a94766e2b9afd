"""Figures as reports show them."""

from __future__ import annotations


def number(value: float | None) -> str:
    """Return four digits of a number; a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Return the ends of an interval; nothing where there is none."""
    return "" if low is None else f"{number(low)} … {number(high)}"
