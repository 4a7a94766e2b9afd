"""The question in what a model wrote."""

from __future__ import annotations

import re
from typing import Final

from rag.lexical import words
from rag.question_text import MAX_QUESTION_CHARACTERS

_MIN_WORDS: Final = 3
_LEAD: Final = re.compile(r"^\s*(?:[-*•]\s+|\d+[.)]\s+)?(?:\**(?:question|q)\**\s*\d*\s*[:.]\**\s*)?", re.IGNORECASE)
_QUOTES: Final = "\"'“”‘’«»„*_` "


def question_in(output: str) -> str | None:
    """Return the first line of `output` that is a question, without list marks, quotes or a heading; None without one.

    What stands after its question mark is left out: models go on with the answer.
    """
    for line in output.splitlines():
        text, mark, _ = _LEAD.sub("", line, count=1).partition("?")
        question = text.strip(_QUOTES) + mark
        if mark and len(words(text)) >= _MIN_WORDS and len(question) <= MAX_QUESTION_CHARACTERS:
            return question
    return None
