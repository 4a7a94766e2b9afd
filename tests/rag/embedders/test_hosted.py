"""Models of this machine in processes of their own: llama.cpp for real, sentence-transformers by a stand-in."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from mcp_engine.errors import ModelFailed, Refused
from mcp_engine.models.weights import bundled_source
from rag.embedders.hosted import HostedEmbedder
from rag.embedders.options import GgufOptions, SentenceTransformersOptions
from rag.embedders.registry import Embedders
from rag.embedding import MiniLMEmbedder

TEXTS = ["The lighthouse of Karsund is 41 metres high.", "A tall tower with a light for ships.", "Bread and rolls."]
STAND_IN = """
class SentenceTransformer:
    def __init__(self, path, device=None, trust_remote_code=True):
        assert not trust_remote_code
        print("loading", path)
        self.device = device

    def encode(self, texts, batch_size=32, convert_to_numpy=False, show_progress_bar=True):
        import numpy
        assert convert_to_numpy and not show_progress_bar
        if "refuse" in texts[0]:
            raise RuntimeError("no such text")
        return numpy.array([[len(text), 3.0, 4.0] for text in texts])
"""


def gguf(**others: Any) -> GgufOptions:
    options = {"name": "own", "kind": "gguf", "path": bundled_source(), "pooling": "mean", "context_tokens": 64}
    return GgufOptions.model_validate(options | others)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hosted() -> AsyncIterator[HostedEmbedder]:
    embedder = HostedEmbedder(gguf(batch=2))
    yield embedder
    await embedder.close()


async def test_a_gguf_model_embeds_texts_that_mean_alike_close_together(hosted: HostedEmbedder) -> None:
    vectors = await hosted.embed_passages([*TEXTS, "", "long " * 500])
    assert vectors.shape == (5, hosted.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert np.array_equal(await hosted.embed_queries(TEXTS[1:2]), vectors[1:2])
    assert (await hosted.embed_queries([])).shape == (0, hosted.dimensions)
    assert (hosted.provider, len(hosted.digest), len(hosted.weights_digest)) == ("llama_cpp", 64, 64)


async def test_a_process_that_died_is_started_again(hosted: HostedEmbedder) -> None:
    before = await hosted.embed_queries(TEXTS)
    children = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "rag.embedders.host"], capture_output=True)
    for child in children.stdout.split():
        os.kill(int(child), signal.SIGKILL)
        os.waitid(os.P_PID, int(child), os.WEXITED | os.WNOWAIT)
    assert children.stdout
    assert np.array_equal(await hosted.embed_queries(TEXTS), before)


async def test_a_model_that_cannot_be_loaded_says_which_and_why(tmp_path: Path, embedder: MiniLMEmbedder) -> None:
    embedders = Embedders(embedder, [gguf(path=tmp_path / "missing.gguf")])
    with pytest.raises(Refused, match=r"missing\.gguf") as raised:
        await embedders.named("own")
    assert raised.value.code == "embedder.weights_missing"
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no weights")
    with pytest.raises(ModelFailed, match="'own' failed") as failed:
        await Embedders(embedder, [gguf(path=broken)]).named("own")
    assert failed.value.code == "embedder.failed"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights = tmp_path / "model"
    weights.mkdir()
    (weights / "config.json").write_text("{}")
    return weights


def transformers(folder: Path) -> SentenceTransformersOptions:
    options = {"name": "st", "kind": "sentence_transformers", "path": folder, "query_prefix": "query: "}
    return SentenceTransformersOptions.model_validate(options)


async def test_sentence_transformers_is_asked_for_plain_vectors(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sentence_transformers.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    one = HostedEmbedder(transformers(folder))
    try:
        assert one.dimensions == 3
        vectors = await one.embed_passages(["", "a text"])
        assert np.allclose(vectors[1], np.array([6, 3, 4]) / np.sqrt(61))
        assert np.allclose(await one.embed_queries(["a"]), np.array([[8, 3, 4]]) / np.sqrt(89))
        with pytest.raises(ModelFailed, match="no such text"):
            await one.embed_passages(["refuse this"])
        assert (await one.embed_passages(["and go on"])).shape == (1, 3)
        (folder / "weights.bin").write_bytes(b"others")
        other = HostedEmbedder(transformers(folder))
        await other.close()
        assert other.digest != one.digest
    finally:
        await one.close()


async def test_a_missing_package_is_named(folder: Path) -> None:
    with pytest.raises(Refused, match="pip install sentence-transformers") as raised:
        HostedEmbedder(transformers(folder))
    assert raised.value.code == "embedder.package_missing"
