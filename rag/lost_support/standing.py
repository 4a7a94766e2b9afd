"""Whether a cited text still stands in another version of its document, and where. Pure: no database, no event loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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


class SearchedText:
    """A text to look in; its sentences are cut when something does not stand verbatim, and only once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _sentences(self) -> Mapping[int, Sequence[Span]]:
        """Sentences by the hash of their words: the words themselves of a long text would take gigabytes."""
        found: dict[int, list[Span]] = {}
        for span in split_sentences(self.text):
            found.setdefault(hash(self._words(span)), []).append(span)
        return found

    def sentences(self, wanted: tuple[str, ...]) -> list[Span]:
        """Return the sentences that have exactly these words."""
        return [span for span in self._sentences.get(hash(wanted), ()) if self._words(span) == wanted]

    def _words(self, span: Span) -> tuple[str, ...]:
        return tuple(words(self.text[span.start : span.end]))


def look_for(cited: Sequence[Cited], searched: SearchedText | None) -> list[Found]:
    """Return for each cited text how it stands in what is searched; in nothing (None) all are gone.

    *verbatim*: character by character, not inside a word. *nearly*: a sentence has the same words
    (`rag.lexical.words`), so letter case, punctuation and line breaks don't count. Of several places the one nearest
    to where it stood is taken. Takes processor time: use a thread.
    """
    if searched is None:
        return [GONE] * len(cited)
    return [_found(one, searched) for one in cited]


def _found(cited: Cited, searched: SearchedText) -> Found:
    span = _verbatim(cited, searched.text)
    if span is not None:
        return Found("verbatim", span)
    wanted = tuple(words(cited.text))
    places = searched.sentences(wanted) if wanted else []
    if not places:
        return GONE
    return Found("nearly", min(places, key=lambda place: abs(place.start - cited.start)))


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
