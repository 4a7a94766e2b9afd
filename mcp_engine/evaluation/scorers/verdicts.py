"""What the output of a judge's prompt says."""

from __future__ import annotations

import json
from typing import Any


def read_verdict(output: str) -> float | None:
    """Return the `score` (0..1) of a judge's JSON, or 1 or 0 for its `pass`; None for any other output."""
    try:
        value: Any = json.loads(output)
    except ValueError:
        return None
    match value:
        case {"pass": bool(passed)}:
            return float(passed)
        case {"score": int(score) | float(score)} if not isinstance(score, bool) and 0 <= score <= 1:
            return float(score)
        case _:
            return None
