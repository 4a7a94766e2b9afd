"""Which arm a unit gets: a pure function of the split and the unit, the same here and in the client library.

`sdk/mcp_engine_client/_assignment.py` is its twin, because the client imports nothing of the engine; a test gives
both the same thousands of cases. A change here changes who sees what in every running experiment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Attribute = str | bool | int | float
DIGEST_BYTES = 16
_TOP_BITS = 53
"""As many as a float holds: the fraction of any hash is below 1."""


class Rule(NamedTuple):
    """Units whose attribute has one of these values."""

    attribute: str
    values: tuple[Attribute, ...]


class Step(NamedTuple):
    """From the moment `at` (seconds since 1970) this share of the units takes part."""

    at: float
    share: float


class Slice(NamedTuple):
    """The part of a group's units that is this experiment's: fractions from `low` on, below `high`."""

    key: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Split:
    """How an experiment splits its units at this moment.

    Args:
        weights: one an arm, positive, summing to 1; the first is the control.
        steps: by time; before the first nobody takes part.
        holdback: the share of those who take part that goes on as if there were no experiment.
        rules: all must fit.
    """

    experiment_id: str
    salt: str
    weights: Sequence[float]
    steps: Sequence[Step]
    holdback: float = 0.0
    rules: Sequence[Rule] = ()
    slice: Slice | None = None


class Assignment(NamedTuple):
    """A unit that takes part: its arm, None for the holdback, and the digest that stands for it in the records."""

    arm: int | None
    digest: bytes


def assign(split: Split, unit: str, attributes: Mapping[str, Attribute], now: float) -> Assignment | None:
    """Return what a unit gets at `now` (seconds since 1970); None when it takes no part.

    The words of one SHA-256 are as good as independent: the first chooses the arm, the second whether the unit takes
    part yet, the third whether it is held back. So a larger share brings units in and moves none that was in.
    """
    if not all(_fits(rule, attributes) for rule in split.rules):
        return None
    if split.slice is not None:
        place = _fraction(_hash(f"{split.slice.key}/{unit}"), 0)
        if not split.slice.low <= place < split.slice.high:
            return None
    found = _of_unit(split, unit)
    return _chosen(split, found) if _fraction(found, 1) < share_at(split.steps, now) else None


def chosen(split: Split, unit: str) -> Assignment:
    """Return the arm of a unit that takes part; it is the same whenever that began."""
    return _chosen(split, _of_unit(split, unit))


def share_at(steps: Sequence[Step], now: float) -> float:
    """Return the share of units that take part at `now`."""
    share = 0.0
    for step in steps:
        if step.at <= now:
            share = step.share
    return share


def _of_unit(split: Split, unit: str) -> bytes:
    return _hash(f"{split.salt}/{split.experiment_id}/{unit}")


def _chosen(split: Split, found: bytes) -> Assignment:
    digest = found[DIGEST_BYTES:]
    if _fraction(found, 2) < split.holdback:
        return Assignment(None, digest)
    return Assignment(_arm(split.weights, _fraction(found, 0)), digest)


def _arm(weights: Sequence[float], fraction: float) -> int:
    total = 0.0
    for arm, weight in enumerate(weights):
        total += weight
        if fraction < total:
            return arm
    return len(weights) - 1  # weights may sum to a hair less than 1


def _fits(rule: Rule, attributes: Mapping[str, Attribute]) -> bool:
    value = attributes.get(rule.attribute)
    # To Python True equals 1; to whoever wrote the rule it does not.
    return any(value == wanted and isinstance(value, bool) == isinstance(wanted, bool) for wanted in rule.values)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _fraction(found: bytes, word: int) -> float:
    return (int.from_bytes(found[8 * word : 8 * word + 8], "big") >> (64 - _TOP_BITS)) / (1 << _TOP_BITS)
