"""The fast mode, with the vectors of the bundled model's own vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

from rag.embedders.static import StaticEmbedder
from rag.embedding import DIMENSIONS


@pytest.fixture(scope="module")
def static() -> StaticEmbedder:
    return StaticEmbedder()


async def test_vectors_have_length_one_and_like_texts_are_near(static: StaticEmbedder) -> None:
    texts = ["The engineer built the lighthouse.", "The beacon tower was constructed.", "Rye bread is baked at night."]
    vectors = await static.embed_passages(texts)
    assert vectors.shape == (3, DIMENSIONS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1
    assert (await static.embed_queries(texts[:1]))[0] == pytest.approx(vectors[0])


async def test_a_text_without_words_is_nothing_and_none_is_none(static: StaticEmbedder) -> None:
    assert not (await static.embed_passages([""])).any()
    assert (await static.embed_passages([])).shape == (0, DIMENSIONS)


async def test_a_long_text_is_read_to_its_end(static: StaticEmbedder) -> None:
    long = "bread " * 2000
    vectors = await static.embed_passages([long + "lighthouse " * 2000, long])
    assert vectors[0] @ vectors[1] < 0.9
