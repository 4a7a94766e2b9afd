"""Whether a cited text still stands in another version of its document, and where. Pure: no database, no event loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.lexical import words
from rag.sentences import Span, split_sentences

Standing = Literal["verbatim", "nearly", "gone"]
STANDINGS: tuple[Standing, ...] = ("gone", "nearly", "verbatim")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A text that was cited from `start` on."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Found:
    """How a cited text stands; `span` is its place, None when it is gone."""

    standing: Standing
    span: Span | None = None


GONE = Found("gone")


def look_for(cited: Sequence[Cited], text: str | None) -> list[Found]:
    """Return for each cited text how it stands in `text`; in none (None) all are gone.

    *verbatim*: character by character, not inside a word. *nearly*: a sentence has the same words
    (`rag.lexical.words`), so letter case, punctuation and line breaks don't count. Of several places the one nearest
    to where it stood is taken. Takes processor time (sentences are cut only where something is not verbatim): use a
    thread.
    """
    if text is None:
        return [GONE] * len(cited)
    verbatim = [_verbatim(one, text) for one in cited]
    wanted = {tuple(words(one.text)) for one, span in zip(cited, verbatim, strict=True) if span is None} - {()}
    sentences = _sentences(text, wanted) if wanted else {}
    return [
        Found("verbatim", span) if span is not None else _nearly(one, sentences)
        for one, span in zip(cited, verbatim, strict=True)
    ]


def _verbatim(cited: Cited, text: str) -> Span | None:
    length = len(cited.text)
    if length == 0:
        return None
    after = text.find(cited.text, cited.start)
    while after >= 0 and not _is_whole(text, after, after + length):
        after = text.find(cited.text, after + 1)
    before = text.rfind(cited.text, 0, cited.start + length - 1)
    while before >= 0 and not _is_whole(text, before, before + length):
        before = text.rfind(cited.text, 0, before + length - 1)
    places = [place for place in (after, before) if place >= 0]
    if not places:
        return None
    place = min(places, key=lambda one: abs(one - cited.start))
    return Span(place, place + length)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` neither begins nor ends inside a word."""
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, edge: int) -> bool:
    return 0 < edge < len(text) and text[edge - 1].isalnum() and text[edge].isalnum()


def _sentences(text: str, wanted: set[tuple[str, ...]]) -> dict[tuple[str, ...], list[Span]]:
    """Return where sentences with the wanted words stand."""
    found: dict[tuple[str, ...], list[Span]] = {}
    for span in split_sentences(text):
        own = tuple(words(text[span.start : span.end]))
        if own in wanted:
            found.setdefault(own, []).append(span)
    return found


def _nearly(cited: Cited, sentences: Mapping[tuple[str, ...], Sequence[Span]]) -> Found:
    places = sentences.get(tuple(words(cited.text)))
    if not places:
        return GONE
    return Found("nearly", min(places, key=lambda span: abs(span.start - cited.start)))
