"""What cuts documents, and what it makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rag.sentences import Span

if TYPE_CHECKING:
    from rag.chunkers.outline import Outline

MAX_CHARACTERS = 1000
"""About 200 word pieces of English prose, so that MiniLM's window of 256 holds nearly every chunk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`document.text[start:end]`: whole sentences, numbered from 0 in document order.

    Args:
        page: the page on which the chunk begins; None for formats without pages.
        sentences: offsets in the document's text; the first starts at `start`, the last ends at `end`.
        siblings: the ordinals of the first and the last chunk that are shown together when this one is found;
            None for a chunk that is shown by itself.
    """

    ordinal: int
    start: int
    end: int
    page: int | None
    sentences: tuple[Span, ...]
    siblings: tuple[int, int] | None = None


class Chunker(Protocol):
    """Cuts an outline into chunks in document order that hold each of its sentences at least once.

    No chunk has more characters than the chunker was told, but one that is a single longer sentence. Equal outlines
    give equal chunks.
    """

    @property
    def compares(self) -> bool:
        """Whether it needs the vectors of the outline's sentences."""
        ...

    def cut(self, outline: Outline) -> Sequence[Chunk]:
        """Return the chunks; takes processor time, so call it in a thread."""
        ...
