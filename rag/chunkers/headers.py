"""Contextual headers: the headings above a chunk, which its embedding reads before its text.

After the "contextual chunk headers" of dsRAG (2024) and Anthropic's "Contextual Retrieval" (2024), made of what the
document says itself in place of a model's summary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.chunkers.port import Chunk
from rag.parsing.parsed import ParsedDocument

_BETWEEN = " > "
_HEADER_CHARACTERS = 300
"""A header is a hint; most of what the embedder reads has to be the chunk."""
_LINE = re.compile(r"[ \t]*#{0,6}[ \t]*([^\r\n]{0,120})")
_INDENT = 4
"""More white space does not stand before a heading."""


def headers_of(document: ParsedDocument, chunks: Sequence[Chunk]) -> list[str]:
    """Return for each chunk the title and the headings that it stands under, "" where there are none.

    A heading with which the chunk begins is part of its text, and not of its header. Of a path that is too long the
    innermost headings are kept. Takes time linear in the number of chunks and headings.

    Args:
        chunks: by where they begin.
    """
    names = [_name(document.text, start) for start in document.headings]
    levels = document.levels or (1,) * len(names)
    # A title that is one of the headings stands in the paths that it belongs to.
    title = [document.title.strip()] if document.title and document.title.strip() not in names else []
    open_: list[int] = []
    known = 0
    headers: list[str] = []
    for chunk in chunks:
        while known < len(names) and not _begins(document, known, chunk) and document.headings[known] < chunk.start:
            open_ = [*(one for one in open_ if levels[one] < levels[known]), known]
            known += 1
        above = levels[known] if known < len(names) and _begins(document, known, chunk) else None
        path = [names[one] for one in open_ if above is None or levels[one] < above]
        headers.append(_joined([*title, *path]))
    return headers


def _begins(document: ParsedDocument, heading: int, chunk: Chunk) -> bool:
    """Return whether a chunk begins with a heading, or a little into it."""
    start = document.headings[heading]
    return chunk.start - _INDENT < start <= chunk.start and not document.text[start : chunk.start].strip()


def _name(text: str, start: int) -> str:
    line = _LINE.match(text, start)
    return line[1].strip().rstrip("#").rstrip() if line else ""


def _joined(path: Sequence[str]) -> str:
    kept = ""
    for name in filter(None, reversed(path)):
        longer = f"{name}{_BETWEEN}{kept}" if kept else name
        if len(longer) > _HEADER_CHARACTERS:
            break
        kept = longer
    return kept
