"""Sentences with exact offsets, by rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_SENTENCE_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]`, counted in code points."""

    start: int
    end: int


def split_sentences(text: str, *, max_characters: int = MAX_SENTENCE_CHARACTERS) -> list[Span]:
    return [Span(*m.span()) for m in re.finditer(r"\S(?:[^\n]*?[.!?](?=\s)|[^\n]*\S|)", text)]
