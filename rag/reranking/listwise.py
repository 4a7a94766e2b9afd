"""Passages as a language model is shown them, and the order that it answers with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.packing import PackedSpan

_LIST = re.compile(r"\[\s*\d+(?:\s*,\s*\d+)+\s*\]")
_MARKED = re.compile(r"\[(\d+)\]")
_BARE = re.compile(r"[\s\d,;>.\-]+")
_NUMBER = re.compile(r"\d+")
_MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Order:
    """What a model's answer says of the order of `n` passages: each place (from 0) once, best first.

    Args:
        missing, doubled, unknown: how many numbers it left out, said again, or made up; those left out keep their
            order behind the others.
    """

    places: list[int]
    missing: int
    doubled: int
    unknown: int


def numbered(spans: Sequence[PackedSpan]) -> str:
    """Return spans as a prompt shows them: each passage with its number, from 1, in square brackets."""
    lines: list[str] = []
    shown: dict[int, int] = {}
    for span in spans:
        if span.passage not in shown:
            shown[span.passage] = len(shown) + 1
            lines.append(f"[{shown[span.passage]}] {_plain(span.text)}")
        else:
            lines[-1] += f" … {_plain(span.text)}"
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return a text on one line that holds no number in square brackets: only the engine numbers passages."""
    return _MARKED.sub(r"(\1)", " ".join(text.split()))


def read_order(answer: str, passages: int) -> Order | None:
    """Return the order that an answer gives; None when it gives none.

    Read are a list of JSON (`[2, 1, 3]`), numbers in square brackets (`[2] > [1] > [3]`), or an answer of nothing but
    numbers. Words with a number among them are no order.
    """
    said = _said(answer)
    places: list[int] = []
    doubled = unknown = 0
    for number in said:
        if not 1 <= number <= passages:
            unknown += 1
        elif number - 1 in places:
            doubled += 1
        else:
            places.append(number - 1)
    if not places:
        return None
    rest = [place for place in range(passages) if place not in places]
    return Order([*places, *rest], len(rest), doubled, unknown)


def _said(answer: str) -> list[int]:
    """Return the numbers of an answer in order; one that is too long to be a passage's is 0."""
    listed = _LIST.search(answer)
    if listed is not None:
        found = _NUMBER.findall(listed[0])
    elif marked := _MARKED.findall(answer):
        found = marked
    else:
        found = _NUMBER.findall(answer) if _BARE.fullmatch(answer) else []
    return [int(one) if len(one) <= _MOST_DIGITS else 0 for one in found]
