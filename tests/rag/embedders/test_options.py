"""What an operator may configure, and which embedder a name means then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_engine.errors import InvalidInput, Refused
from rag.embedders.options import BUNDLED, STATIC, ServerOptions, configured, read_options
from rag.embedders.registry import Embedders
from rag.embedding import MiniLMEmbedder
from rag.strategy_kind import StrategyKind

SERVER = {"name": "large", "kind": "openai", "base_url": "http://127.0.0.1:8000/v1/", "model": "m", "dimensions": 8}


def test_a_file_lists_embedders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "embedders.json"
    path.write_text(json.dumps([SERVER]))
    monkeypatch.setenv("MCP_ENGINE_EMBEDDERS_FILE", str(path))
    [found] = configured()
    assert isinstance(found, ServerOptions)
    assert (found.base_url, found.credential) == ("http://127.0.0.1:8000/v1", "")
    monkeypatch.delenv("MCP_ENGINE_EMBEDDERS_FILE")
    assert configured() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "Expecting"),
        ([{**SERVER, "kind": "other"}], "kind"),
        ([{**SERVER, "base_url": "ftp://a"}], "http://"),
        ([{**SERVER, "base_url": "http://user:secret@a"}], "credential_env"),
        ([{**SERVER, "dimensions": 0}], "dimensions"),
        ([{**SERVER, "name": BUNDLED}], "brings along"),
        ([{**SERVER, "key": "sk"}], "key"),
        ([SERVER, SERVER], "the same name"),
        ([{"name": "own", "kind": "gguf", "path": "models/own.gguf"}], "whole path"),
        ([{"name": "own", "kind": "gguf", "path": "/own.gguf", "base_url": "http://a"}], "base_url"),
        ([{"name": "own", "kind": "sentence_transformers", "path": "/own", "pooling": "mean"}], "pooling"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path: Path, content: Any, said: str) -> None:
    path = tmp_path / "embedders.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(Refused, match=said) as raised:
        read_options(path)
    assert raised.value.code == "embedders.file_invalid"
    assert str(path) in raised.value.message
    assert "secret" not in raised.value.message


async def test_a_name_means_one_embedder(embedder: MiniLMEmbedder) -> None:
    embedders = Embedders(embedder, [ServerOptions.model_validate(SERVER)])
    assert embedders.names == [BUNDLED, STATIC, "large"]
    large = await embedders.named("large")
    assert await embedders.named("large") is large
    assert await embedders.of_index("large", large.digest) is large
    for name, digest, code in (
        ("other", "x", "embedder.not_configured"),
        ("large", "x", "embedder.changed"),
    ):
        with pytest.raises(Refused) as raised:
            await embedders.of_index(name, digest)
        assert raised.value.code == code
    await embedders.close()


def test_a_strategy_names_one_that_is_configured() -> None:
    kind = StrategyKind([BUNDLED, "large"])
    assert kind.normalise({"embedder": "large"})["embedder"] == "large"
    with pytest.raises(InvalidInput, match="large") as raised:
        kind.normalise({"embedder": "larger"})
    assert raised.value.code == "rag_strategy.embedder_unknown"
