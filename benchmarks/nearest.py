"""The nearest vectors by comparing all: what every search is measured against, ours and those of vector libraries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.embedding import Vectors
from rag.index.vectors import Vector

NEAREST = 10
LIBRARIES = ("chroma", "lancedb")
REQUIREMENTS = ("chromadb==1.5.9", "lancedb==0.40.0", "numpy==2.4.6")
"""Of the environment in which `peers/vectors.py` runs them."""


def exact(vectors: Vectors, question: Vector) -> set[int]:
    """Return the numbers of the vectors nearest to a question."""
    return {int(one) for one in np.argsort(-(vectors @ question), kind="stable")[:NEAREST]}


def recall(found: Sequence[int], wanted: set[int]) -> float:
    """Return the share of the nearest that were found."""
    return len(set(found) & wanted) / NEAREST
