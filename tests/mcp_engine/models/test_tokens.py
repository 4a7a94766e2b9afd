"""Counting tokens: by the vocabulary of real weights, and by a guess that is named one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_engine.errors import ModelFailed
from mcp_engine.models.tokens import ESTIMATED, GgufTokens
from mcp_engine.models.weights import bundled_source


@pytest.fixture(scope="module")
def tokens() -> Iterator[GgufTokens]:
    counter = GgufTokens(bundled_source())
    yield counter
    counter.close()


def test_the_weights_own_vocabulary_counts(tokens: GgufTokens) -> None:
    assert tokens.is_exact
    assert [tokens.count(text) for text in ("", "Hello", "Hello world", "\n", "naïve 🚢")] == [0, 1, 2, 1, 5]
    # A control token in a text is text, as the model gets it.
    assert tokens.count("<|im_start|>") > 1
    assert tokens.count("\ud800") > 0


def test_a_process_that_died_is_started_again(tokens: GgufTokens) -> None:
    assert tokens.count("Hello") == 1
    child = tokens._child
    assert child is not None
    child.kill()
    with pytest.raises(ModelFailed) as failed:
        while child.is_alive:
            tokens.count("Hello")
        raise ModelFailed("model.tokenizer_failed", "it died before it was asked")
    assert failed.value.code == "model.tokenizer_failed"
    assert tokens.count("Hello") == 1


def test_a_file_that_is_no_model_says_so(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelFailed, match=r"no\.gguf") as failed:
        GgufTokens(path).count("Hello")
    assert failed.value.code == "model.tokenizer_failed"


def test_a_guess_is_rather_too_much(tokens: GgufTokens) -> None:
    assert not ESTIMATED.is_exact
    assert (ESTIMATED.count(""), ESTIMATED.count("a"), ESTIMATED.count("abcd")) == (0, 1, 2)
    text = "The lighthouse of Karsund was built by the engineer Ingrid Solberg. It stands on the northern cliff."
    assert ESTIMATED.count(text) >= tokens.count(text)
