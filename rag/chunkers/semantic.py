"""Chunks that end where the text begins to speak of something else.

After G. Kamradt's "5 Levels of Text Splitting" (2024), which LangChain's `SemanticChunker` follows: the distance
between what stands before a place and what stands after it is measured by embeddings, and the largest distances are
the places to cut. There each group of sentences is embedded anew; here its vector is the mean of its sentences', which
indexing needs anyway. Where that makes a chunk too long it is cut further as whole sentences are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rag.chunkers.outline import Break, Outline
from rag.chunkers.port import Chunk
from rag.chunkers.whole_sentences import filled

_AT_ONCE = 8_192
"""Sentences whose vectors are unpacked together: 12 MB at 384 dimensions."""


class SemanticChunker:
    """Cuts at the distances above a percentile of those in the document; never between a heading and its text.

    Args:
        percentile: of the distances that stay inside a chunk: 90 makes ten sentences an average chunk.
        group_sentences: how many sentences on each side are compared.
    """

    compares = True

    def __init__(self, percentile: float, group_sentences: int, max_characters: int) -> None:
        self._percentile = percentile
        self._group_sentences = group_sentences
        self._max_characters = max_characters

    def cut(self, outline: Outline) -> list[Chunk]:
        places = (
            place
            for begin, until in pairwise(self._borders(outline))
            for place in filled(outline, begin, until, self._max_characters)
        )
        return [outline.chunk(ordinal, *place) for ordinal, place in enumerate(places)]

    def _borders(self, outline: Outline) -> Iterator[int]:
        """Yield where each part about one thing begins, and the end."""
        count = len(outline.sentences)
        assert outline.vectors is not None
        places = np.array(
            [one for one in range(1, count) if outline.breaks[one] != Break.AFTER_HEADING], dtype=np.int64
        )
        found = distances(outline.vectors, self._group_sentences)[places - 1]
        yield 0
        if len(places):
            yield from places[found > np.percentile(found, self._percentile)].tolist()
        yield count


def distances(packed: npt.NDArray[np.int8], group: int) -> npt.NDArray[np.float64]:
    """Return for each place between two sentences the cosine distance (0 to 2) of the `group` before and after it.

    Args:
        packed: a row a sentence; near the beginning and the end of the text the groups are smaller.
    """
    found = np.zeros(max(0, len(packed) - 1))
    for start in range(0, len(found), _AT_ONCE):
        until = min(start + _AT_ONCE, len(found))
        begin = max(0, start + 1 - group)
        rows = packed[begin : until + group].astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        sums = np.vstack([np.zeros((1, rows.shape[1])), np.cumsum(rows / np.maximum(lengths, 1e-12), axis=0)])
        places = np.arange(start + 1, until + 1) - begin
        before = sums[places] - sums[np.maximum(places - group, 0)]
        after = sums[np.minimum(places + group, len(rows))] - sums[places]
        norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        found[start:until] = 1 - np.einsum("ij,ij->i", before, after) / np.maximum(norms, 1e-12)
    return found
