"""What of a model's words is searched."""

from __future__ import annotations

import re

from rag.strategy import Rewriting

MAX_CHARACTERS = 1000
"""Of a wording; what follows is cut: an embedding reads less."""
_MARK = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.):])\s+")
_QUOTES = "\"'“”‘’`"


def read_wordings(text: str, rewriting: Rewriting, *known: str) -> list[str]:
    """Return the wordings in a model's answer: each once, and none of what is `known`, as the question is.

    A passage (`hyde`) is the whole text; of the other kinds each line is one, less its bullet, number and quotes, and
    all but `multi_query` take the first.
    """
    clean = text.replace("\x00", " ").strip()
    if rewriting.kind == "hyde":
        lines = [" ".join(clean.split())]
    else:
        lines = [_MARK.sub("", line).strip().strip(_QUOTES).strip() for line in clean.splitlines()]
    seen = {one.casefold().strip() for one in known}
    found: list[str] = []
    for line in lines:
        wording = line[:MAX_CHARACTERS].strip()
        if wording and wording.casefold() not in seen:
            seen.add(wording.casefold())
            found.append(wording)
    return found[: rewriting.queries if rewriting.kind == "multi_query" else 1]
