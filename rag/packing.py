"""What of passages a model is shown: whole sentences in the order of their rank, as many as fit into its tokens.

What is shown is always what ranks best: once a sentence does not fit, nothing after it is shown. Every span is the
stored text's own, word for word, at its offsets; what is left out is named, so that an execution can say it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from mcp_engine.models.tokens import TokenCounter
from rag.sentences import Span

Reason = Literal["budget", "repeated"]


@dataclass(frozen=True, slots=True)
class PackedPassage:
    """A passage to be packed: `text` begins at `start` in its version, and `lead` stands right before it.

    `sentences` are offsets in the version, in the order in which they are worth showing.
    """

    version_id: UUID
    start: int
    text: str
    sentences: Sequence[Span]
    lead: str = ""

    def between(self, start: int, end: int) -> str | None:
        """Return the version's `text[start:end]`; None where it is not known here."""
        whole, begin = self.lead + self.text, self.start - len(self.lead)
        if start < begin or end > begin + len(whole):
            return None
        return whole[start - begin : end - begin]


@dataclass(frozen=True, slots=True)
class PackedSpan:
    """What is shown: `text` is the version's `text[start:end]`; `passage` is the place of the best passage in it."""

    passage: int
    version_id: UUID
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not shown of a passage, and why: it did not fit, or it is shown already."""

    passage: int
    version_id: UUID
    start: int
    end: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Packed:
    """Spans in the order in which they are shown, and how many tokens all of it is as it is written."""

    spans: list[PackedSpan]
    left_out: list[LeftOut]
    tokens: int


Written = Callable[[Sequence[PackedSpan]], str]
"""How spans are written for the model: numbers, markers and what stands between them count as well."""


def pack(
    passages: Sequence[PackedPassage], budget: int, counter: TokenCounter, written: Written, *, apart: bool = False
) -> Packed:
    """Return what of `passages` is shown in at most `budget` tokens.

    Sentences that an earlier passage shows already are dropped, and so are passages whose words another has. What
    stands next to each other in a version, with nothing but white space between, becomes one span.

    Args:
        passages: best first.
        apart: whether each passage stands for itself, for a model that compares them: it is not joined with its
            neighbours, and keeps sentences that another has too.
    """
    units, repeated = _units(passages, apart=apart)

    def shown(number: int) -> list[PackedSpan]:
        return _spans(passages, units[:number], apart=apart)

    def tokens(number: int) -> int:
        return counter.count(written(shown(number))) if number else 0

    number = _most(len(units), lambda wanted: tokens(wanted) <= budget)
    left = [
        LeftOut(unit.passage, passages[unit.passage].version_id, unit.start, unit.end, "budget")
        for unit in units[number:]
    ]
    return Packed(shown(number), _joined([*repeated, *left], units[:number]), tokens(number))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence of a passage."""

    passage: int
    start: int
    end: int


def _units(passages: Sequence[PackedPassage], *, apart: bool) -> tuple[list[_Unit], list[LeftOut]]:
    """Return the sentences that are worth showing, in order, and those that are shown already."""
    units: list[_Unit] = []
    repeated: list[LeftOut] = []
    texts: set[str] = set()
    known: dict[UUID, list[Span]] = {}
    for place, one in enumerate(passages):
        plain = " ".join(one.text.casefold().split())
        is_again, spans = plain in texts, known.setdefault(one.version_id, [])
        texts.add(plain)
        for sentence in one.sentences:
            if is_again or (not apart and any(sentence.start < old.end and old.start < sentence.end for old in spans)):
                repeated.append(LeftOut(place, one.version_id, sentence.start, sentence.end, "repeated"))
            else:
                units.append(_Unit(place, sentence.start, sentence.end))
                spans.append(sentence)
    return units, repeated


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """Return a number of sentences that fits: the largest, unless fewer take more tokens.

    Tokens of a longer text are nearly always more, and not always; so what was found is looked at once more.
    """
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    while low and not fits(low):
        low -= 1
    return low


def _spans(passages: Sequence[PackedPassage], units: Sequence[_Unit], *, apart: bool) -> list[PackedSpan]:
    """Return sentences joined where nothing but white space is between, each span at the place of its best passage."""
    together: dict[UUID | int, list[_Unit]] = {}
    for unit in units:
        together.setdefault(unit.passage if apart else passages[unit.passage].version_id, []).append(unit)
    spans = [span for of_one in together.values() for span in _in_one(passages, of_one)]
    return sorted(spans, key=lambda one: (one.passage, one.start))


def _in_one(passages: Sequence[PackedPassage], units: Sequence[_Unit]) -> list[PackedSpan]:
    """Return the spans that sentences of one version make."""
    version_id = passages[units[0].passage].version_id
    known = [one for one in passages if one.version_id == version_id]
    spans: list[PackedSpan] = []
    for unit in sorted(units, key=lambda one: (one.start, one.passage)):
        text = _known(known, unit.start, unit.end)
        assert text is not None
        last = spans[-1] if spans else None
        gap = None if last is None or last.end > unit.start else _known(known, last.end, unit.start)
        if last is None or gap is None or gap.strip():
            spans.append(PackedSpan(unit.passage, version_id, unit.start, unit.end, text))
        else:
            best = min(last.passage, unit.passage)
            spans[-1] = PackedSpan(best, version_id, last.start, unit.end, last.text + gap + text)
    return spans


def _known(passages: Sequence[PackedPassage], start: int, end: int) -> str | None:
    """Return a version's `text[start:end]`, from whichever of its passages holds it; None when none does."""
    return next((text for one in passages if (text := one.between(start, end)) is not None), None)


def _joined(left: Sequence[LeftOut], shown: Sequence[_Unit]) -> list[LeftOut]:
    """Return what was left out for one reason of one passage as one, as far as nothing between is shown."""
    found: list[LeftOut] = []
    for one in sorted(left, key=lambda each: (each.passage, each.reason, each.start)):
        last = found[-1] if found else None
        goes_on = last is not None and (last.passage, last.reason) == (one.passage, one.reason)
        if (
            last is None
            or not goes_on
            or any(unit.passage == one.passage and last.end <= unit.start < one.start for unit in shown)
        ):
            found.append(one)
        else:
            found[-1] = replace(last, end=max(last.end, one.end))
    return sorted(found, key=lambda one: (one.passage, one.start))
