"""The weights: made once, recognised afterwards, made again when damaged."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mcp_engine.errors import Refused
from mcp_engine.models import weights as module
from mcp_engine.models.weights import BUNDLED_SHA256, Weights, bundled_source, file_digest, prepare_weights


@pytest.fixture
def home(weights: Weights, tmp_path: Path) -> Path:
    """A data directory in which the weights are made already."""
    shutil.copytree(weights.path.parents[1], tmp_path / "home")
    return tmp_path / "home"


def steps_of(home: Path, model_path: Path | None = None) -> tuple[Weights, list[str]]:
    steps: list[str] = []
    weights = prepare_weights(home, model_path, lambda step, done: steps.append(step) if done == 1.0 else None)
    return weights, steps


def test_the_bundled_weights_are_the_pinned_ones(weights: Weights) -> None:
    assert weights.name == "SmolLM2-135M-Instruct"
    assert weights.source_digest == BUNDLED_SHA256 == file_digest(bundled_source())
    assert weights.weights_digest == file_digest(weights.path)
    assert weights.path.name == "SmolLM2-135M-Instruct.Q8_0.gguf"


def test_a_later_start_reads_nothing_again(weights: Weights) -> None:
    home = weights.path.parents[1]
    assert steps_of(home) == (weights, [])


def test_two_that_start_together_make_the_weights_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: steps_of(tmp_path), range(2))
    assert first[0] == second[0]
    made = [step for _, steps in (first, second) for step in steps if step.startswith("Preparing")]
    assert len(made) == 1
    assert not list((tmp_path / "models").glob("*.partial"))


def test_damaged_weights_are_made_again(home: Path, weights: Weights) -> None:
    damaged = home / "models" / weights.path.name
    with damaged.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")
    os.utime(damaged, (1, 1))
    made, steps = steps_of(home)
    assert made.weights_digest == weights.weights_digest == file_digest(damaged)
    assert any(step.startswith("Preparing") for step in steps)


def test_a_changed_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF something else")
    monkeypatch.setattr(module, "bundled_source", lambda: other)
    with pytest.raises(Refused, match="pinned") as caught:
        prepare_weights(tmp_path / "home")
    assert caught.value.code == "model.weights_changed"


def test_weights_that_can_not_be_made_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF something else")
    monkeypatch.setattr(module, "bundled_source", lambda: other)
    monkeypatch.setattr(module, "BUNDLED_SHA256", file_digest(other))
    with pytest.raises(Refused) as caught:
        prepare_weights(tmp_path / "home")
    assert caught.value.code == "model.requantise_failed"
    assert not [path for path in (tmp_path / "home" / "models").iterdir() if "Q8_0" in path.name]


def test_a_gguf_of_ones_own_is_served_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own-model.gguf"
    own.write_bytes(b"GGUF and more")
    made, steps = steps_of(tmp_path / "home", own)
    assert made == Weights(own, "own-model", file_digest(own), file_digest(own))
    assert steps == ["Checking own-model.gguf"]
    assert steps_of(tmp_path / "home", own) == (made, [])
    own.write_bytes(b"GGUF and even more")
    assert steps_of(tmp_path / "home", own)[0].weights_digest == file_digest(own)


@pytest.mark.parametrize(
    ("content", "code"), [(None, "model.weights_missing"), (b"not a model", "model.weights_not_gguf")]
)
def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        prepare_weights(tmp_path / "home", path)
    assert caught.value.code == code
    assert str(path) in caught.value.message
