"""Figures and values as reports show them."""

from __future__ import annotations

import json
from typing import Any


def number(value: float | None) -> str:
    """Return four digits of a number; a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Return the ends of an interval; nothing where there is none."""
    return "" if low is None else f"{number(low)} … {number(high)}"


def short(value: Any) -> str:
    """Return a value in one line of 120 characters at the most; nothing for null."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119] + "…"
