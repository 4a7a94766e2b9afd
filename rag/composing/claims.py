"""What a model wrote, sentence by sentence, each with the sources that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.sentences import split_sentences

_MARKS = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]")
_AFTER_STOP = re.compile(rf"([.!?…]+[\"”’']?)((?:{_MARKS.pattern})+)")
_NUMBER = re.compile(r"\d+")
_DECORATION = re.compile(r"^\s*(?:[-*•–>]+|#{1,6}|\(?\d{1,2}[.):])\s+|\*\*|__|`")
_UNCLOSED = re.compile(r"[.!?…\s]*\[[^\]]*$|[.!?…]+\s*$")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence without its marks, and the numbers of the sources that it names, from 1 and in its order."""

    text: str
    marks: tuple[int, ...]


def read_claims(written: str, *, is_whole: bool = True) -> list[Claim]:
    """Return the sentences of a model's text, less bullets, emphasis and marks such as `[2]` or `[1, 3]`.

    Args:
        is_whole: False while the model writes: the last sentence, which may go on, is left out then.
    """
    text = written if is_whole else _UNCLOSED.sub("", written)
    # A mark belongs to the sentence before it, whether the model wrote it before or after the full stop.
    text = _AFTER_STOP.sub(r"\2\1", text)
    claims = [_claim(text[span.start : span.end]) for span in split_sentences(text)]
    if not is_whole:
        claims = claims[:-1]
    return [claim for claim in claims if claim.text]


def read_order(written: str, count: int) -> list[int]:
    """Return the numbers from 1 to `count` that stand in a model's text, each once, in its order."""
    found = (int(match.group()) for match in _NUMBER.finditer(written))
    return list(dict.fromkeys(number for number in found if 1 <= number <= count))


def _claim(sentence: str) -> Claim:
    marks = tuple(int(number) for found in _MARKS.finditer(sentence) for number in _NUMBER.findall(found[1]))
    return Claim(" ".join(_DECORATION.sub("", _MARKS.sub("", sentence)).split()), tuple(dict.fromkeys(marks)))
