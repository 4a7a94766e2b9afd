"""Scorers that look at the words of an output."""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import Any

import regex
from pydantic import Field

from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.scorers.port import (
    Answered,
    FunctionScorer,
    NoParameters,
    Parameters,
    ScoreFailed,
    alternatives,
    text_of,
)

PATTERN_SECONDS = 0.5
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Comparison(Parameters):
    """What two texts may differ in and still be the same."""

    ignore_case: bool = False
    ignore_space: bool = Field(default=True, description="At both ends, and how much of it stands between words.")

    def form(self, text: str) -> str:
        if self.ignore_space:
            text = " ".join(text.split())
        return text.casefold() if self.ignore_case else text


class Exact(Comparison):
    """An expected list holds what would be right, any of it."""


class Contains(Comparison):
    """The texts that must stand in the output; without any, what the row expects."""

    texts: list[str] = Field(default=[], max_length=50)
    all_of: bool = Field(default=False, description="All of them, not any.")


class Pattern(Parameters):
    """A regular expression (the syntax of Python's `regex`), found anywhere in the output."""

    pattern: str = Field(min_length=1, max_length=2000)
    ignore_case: bool = False


def exact(parameters: Exact, answered: Answered) -> float:
    given = parameters.form(text_of(answered.output))
    return float(any(parameters.form(text_of(wanted)) == given for wanted in alternatives(answered)))


def contains(parameters: Contains, answered: Answered) -> float:
    given = parameters.form(text_of(answered.output))
    wanted: list[Any] = [*parameters.texts] or alternatives(answered)
    found = (parameters.form(text_of(one)) in given for one in wanted)
    return float(all(found) if parameters.all_of else any(found))


def matches(parameters: Pattern, answered: Answered) -> float:
    flags = regex.IGNORECASE if parameters.ignore_case else 0
    try:
        found = regex.search(parameters.pattern, text_of(answered.output), flags, timeout=PATTERN_SECONDS)
    except TimeoutError as error:
        raise ScoreFailed("score.pattern_slow", "The pattern takes too long on this output.") from error
    return float(found is not None)


def check_pattern(parameters: Pattern) -> None:
    try:
        regex.compile(parameters.pattern)
    except regex.error as error:
        raise InvalidInput("scorer.invalid", f"The pattern is no regular expression: {error}.") from error


def exact_match(_: NoParameters, answered: Answered) -> float:
    """Return whether the words are those of an expected text, after the normalisation of SQuAD (Rajpurkar et al.)."""
    given = _words(text_of(answered.output))
    return float(any(_words(text_of(wanted)) == given for wanted in alternatives(answered)))


def token_f1(_: NoParameters, answered: Answered) -> float:
    """Return the best F1 over words, after the normalisation of SQuAD (Rajpurkar et al., EMNLP 2016)."""
    given = Counter(_words(text_of(answered.output)))
    return max(_f1(given, Counter(_words(text_of(wanted)))) for wanted in alternatives(answered))


def length(_: NoParameters, answered: Answered) -> float:
    return float(len(text_of(answered.output)))


def _words(text: str) -> list[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def _f1(given: Counter[str], wanted: Counter[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total())


TYPES = (
    FunctionScorer("exact", "The output is what the row expects.", Exact, exact),
    FunctionScorer(
        "exact_match", "The same words as the row expects, as SQuAD counts them.", NoParameters, exact_match
    ),
    FunctionScorer("contains", "The output holds a text.", Contains, contains),
    FunctionScorer("regex", "The output matches a regular expression.", Pattern, matches, checked=check_pattern),
    FunctionScorer("token_f1", "Words shared with what the row expects, as F1.", NoParameters, token_f1),
    FunctionScorer(
        "length", "How long the output is.", NoParameters, length, direction=None, scale="amount", unit="characters"
    ),
)
