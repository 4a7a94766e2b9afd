"""From the values to try of each option to every combination of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from mcp_engine.canonical import canonical_json
from mcp_engine.errors import InvalidInput
from rag.options import value_of, with_options
from rag.strategy import Strategy
from rag.sweeps.schemas import MAX_COMBINATIONS


def checked_options(strategy: Strategy, options: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Return the values to try of each option as the strategy keeps them.

    Raises:
        InvalidInput: what `with_options` raises; `sweep.value_twice`, `sweep.too_many_combinations`.
    """
    checked = {
        name: [value_of(with_options(strategy, {name: value}), name) for value in values]
        for name, values in options.items()
    }
    for name, values in checked.items():
        if len({canonical_json(value) for value in values}) < len(values):
            raise InvalidInput("sweep.value_twice", f"{name!r} is to be tried twice with one value; name it once.")
    count = prod(len(values) for values in checked.values())
    if count > MAX_COMBINATIONS:
        sizes = " × ".join(str(len(values)) for values in checked.values())
        raise InvalidInput(
            "sweep.too_many_combinations",
            f"{sizes} = {count:,} combinations, and a sweep evaluates at most {MAX_COMBINATIONS}: try fewer values, or "
            "one option after the other.",
            details={"limit": MAX_COMBINATIONS},
        )
    return checked


def combinations(options: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return every combination, the last option changing first."""
    return [dict(zip(options, values, strict=True)) for values in product(*options.values())]
