"""Sentences with exact offsets, by rules, in one pass.

The text is first cut where a person sees an end whatever the words are: blank lines, headings, list
items, table rows, lines of code, and line ends that no line width explains. Within such a segment
a full stop ends a sentence unless it belongs to an abbreviation, an initial or a list number, or the text
goes on in lower case (after Kiss & Strunk, "Unsupervised Multilingual Sentence Boundary Detection",
2006, whose orthographic heuristic this is, with fixed lists in place of learnt ones).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.segments import segments
from rag.stretches import Stretch, units

MAX_SENTENCE_CHARACTERS = 600
"""A longer sentence is cut, so that no chunk and no citation grows without bound."""


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]`, counted in code points."""

    start: int
    end: int


_CLOSERS = r"[\"'”’»›)\]}*_`]*"
_STOP = re.compile(
    r"(?P<unspaced>[。！？｡]+[」』）】》〉”’\"']*)"
    rf"|(?P<run>[.!?…‼⁇⁈⁉؟۔।॥]+){_CLOSERS}(?:\[\d{{1,3}}\])*"
)
_SEEN = re.compile(r"\S")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_WORD_BEFORE = re.compile(r"(?:[^\W_]|\.)+$")
_NEXT = re.compile(r"[\"'“‘«‹(\[{¿¡*_`]{0,4}((?:[^\W_]|['’])*)(\.?)")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,3}")
_CLAUSE = re.compile(r"[,;:、，；：—–]\s|[、，；：]")
_LOOK_BEHIND = 24


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _words(
    "mr mrs ms mx dr drs prof rev hon gen col capt lt sgt maj cmdr adm gov sen rep pres messrs mme mlle mgr hr fr"
)
_GOES_ON = _words("e.g i.e v cf vs viz ca approx resp z.b d.h u.a bzw vgl incl eg ie")
_BEFORE_NUMBER = _words(
    "no nos fig figs eq eqs sec secs ch chap vol vols p pp art par para nr ref refs tab app ed op cap str"
)
_MAY_END = _words(
    "etc inc ltd co corp bros llc plc gmbh dept univ assn est al jr sr ave blvd rd st mt ft jan feb apr jun jul aug "
    "sep sept oct nov dec usw ff fig figs eq eqs sec vol vols pp chap min max avg a.m p.m"
)
_STARTERS = _words(
    "a after all also although an and another as at because before both but by during each finally for "
    "from he her here his how however i if in it its many meanwhile moreover most my no not of on once "
    "one or our she since so some such that the their then there therefore these they this those thus to "
    "under until we what when where which while who why with yes yet you your"
)


def split_sentences(
    text: str, *, max_characters: int = MAX_SENTENCE_CHARACTERS, stretches: Sequence[Stretch] = ()
) -> list[Span]:
    """Return the sentences of `text` in order.

    Spans never overlap, are never empty, neither begin nor end with white space, and together hold
    every character that is not white space. Takes time linear in the length of `text`.

    Args:
        max_characters: longer sentences are cut after a clause, else after a word, else between
            two characters that do not combine.
        stretches: parts of the text that are no prose, in order; in them a unit (see `units`) is a sentence.
    """
    if max_characters < 1:
        raise ValueError("max_characters must be at least 1")
    spans: list[Span] = []
    position = 0
    for stretch in stretches:
        spans.extend(_prose(text, position, stretch.start, max_characters))
        for start, end in units(text, stretch, max_characters):
            spans.extend(_bounded(text, start, end, max_characters))
        position = stretch.end
    spans.extend(_prose(text, position, len(text), max_characters))
    return spans


def _prose(text: str, begin: int, until: int, limit: int) -> Iterator[Span]:
    for segment in segments(text[begin:until]):
        whole = (begin + segment.start, begin + segment.end)
        for start, end in _pieces(text, *whole) if segment.is_prose else (whole,):
            yield from _bounded(text, start, end, limit)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut one segment at the stops that end a sentence."""
    has_word, looked_until = False, start
    for stop in _STOP.finditer(text, start, end):
        following = _SEEN.search(text, stop.end(), end)
        if following is None:
            break
        # Dots and quotation marks alone are no sentence: they go with what follows.
        has_word = has_word or _WORD_CHARACTER.search(text, looked_until, stop.start()) is not None
        looked_until = stop.end()
        if has_word and _ends_sentence(text, start, stop, following.start()):
            yield start, stop.end()
            start, has_word = following.start(), False
    if start < end:
        yield start, end


def _ends_sentence(text: str, start: int, stop: re.Match[str], following: int) -> bool:
    if stop["unspaced"]:
        return True
    if following == stop.end():
        return False
    after = _NEXT.match(text, following)
    assert after is not None
    word, dot = after[1], after[2]
    if word[:1].islower():
        return False
    if stop["run"] != ".":
        return True
    before = _WORD_BEFORE.search(text, max(start, stop.start() - _LOOK_BEHIND), stop.start())
    if before is None:
        return True
    return _full_stop_ends(
        before[0], word, at_start=before.start() == start, before_initial=bool(dot) and len(word) == 1
    )


def _full_stop_ends(token: str, word: str, *, at_start: bool, before_initial: bool) -> bool:
    """Whether the full stop after `token` ends a sentence when `word` follows."""
    lower = token.lower()
    if at_start and (token.replace(".", "").isdigit() or len(token) == 1):
        return False  # the number of a list item or a section, or the initial that a name begins with
    if lower in _TITLES or lower in _GOES_ON:
        return False
    if lower in _BEFORE_NUMBER and word[:1].isdigit():
        return False
    initial = len(token) == 1 and token.isalpha() and token.isupper()
    if initial or lower in _MAY_END or _ACRONYM.fullmatch(token):
        return word.lower() in _STARTERS and not before_initial
    return True


def _bounded(text: str, start: int, end: int, limit: int) -> Iterator[Span]:
    """Yield the piece without the white space around it, cut so that no span is longer than `limit`."""
    while (first := _SEEN.search(text, start, end)) is not None:
        start = first.start()
        cut = end if end - start <= limit else _cut(text, start, limit)
        last = cut
        while text[last - 1].isspace():
            last -= 1
        yield Span(start, last)
        start = cut


def _cut(text: str, start: int, limit: int) -> int:
    """Return where to cut a too long sentence that begins at `start`: in the second half of the allowed length."""
    middle, end = start + (limit + 1) // 2, start + limit
    clause = max((match.end() for match in _CLAUSE.finditer(text, middle, end)), default=None)
    if clause is not None:
        return clause
    for position in range(end, middle, -1):
        if text[position].isspace():
            return position
    for position in range(end, middle, -1):
        if not _joins(text[position - 1], text[position]):
            return position
    return end


def _joins(left: str, right: str) -> bool:
    """Whether two characters make one visible one: marks, variation selectors, skin tones, zero-width joiners."""
    return (
        unicodedata.category(right) in ("Mn", "Mc", "Me")
        or "\N{ZERO WIDTH JOINER}" in (left, right)
        or "\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}" <= right <= "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"
        or (left == "\r" and right == "\n")
    )
