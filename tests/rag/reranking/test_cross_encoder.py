"""A cross-encoder in a process of its own: its numbers, and everything that can be wrong with its files."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from mcp_engine.errors import ModelFailed, Refused, TimedOut
from rag.reranking.cross_encoder import CrossEncoder, CrossEncoders
from rag.reranking.options import RerankerOptions, files_digest
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.reranking.tiny import make

WHO = "Who built the lighthouse of Karsund?"
TEXTS = ["The bakery bakes rye bread.", "Ingrid Solberg built the lighthouse of Karsund.", "The lighthouse."]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tiny(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CrossEncoder]:
    folder = make(tmp_path_factory.mktemp("models") / "tiny")
    model = CrossEncoder(folder, files_digest(folder), 60)
    yield model
    await model.close()


async def test_each_pair_gets_its_own_number_in_order(tiny: CrossEncoder) -> None:
    assert await tiny.scores(WHO, TEXTS, 64) == [-1.5, 1.5, -0.5]
    assert await tiny.scores(WHO, [], 64) == []


async def test_batches_and_their_padding_change_nothing(tiny: CrossEncoder) -> None:
    many = [f"{text} {'lamp ' * (place % 40)}" for place, text in enumerate(TEXTS * 15)]
    alone = [(await tiny.scores(WHO, [text], 64))[0] for text in many[:6]]
    together = await tiny.scores(WHO, many, 64)
    assert together[:6] == alone
    assert len(together) == len(many)


async def test_what_is_longer_than_max_tokens_is_not_read(tiny: CrossEncoder) -> None:
    late = f"{'lamp ' * 100} Karsund"
    assert await tiny.scores("Karsund", [late], 200) == [-0.5]
    assert await tiny.scores("Karsund", [late], 32) == [-1.5]


async def test_the_event_loop_stays_free(tiny: CrossEncoder) -> None:
    longest, running = 0.0, asyncio.create_task(tiny.scores(WHO, [LIGHTHOUSE, BAKERY, OBSERVATORY] * 300, 512))
    while not running.done():
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - began)
    assert len(await running) == 900
    assert longest < 0.5


async def test_a_process_that_died_is_started_again(tiny: CrossEncoder) -> None:
    await tiny.scores(WHO, TEXTS, 64)
    child = tiny._child
    assert child is not None
    child._process.send_signal(signal.SIGSTOP)
    running = asyncio.create_task(tiny.scores(WHO, TEXTS, 64))
    await asyncio.sleep(0.1)
    child.kill()
    with pytest.raises(ModelFailed) as died:
        await running
    assert died.value.code == "reranker.failed"
    assert await tiny.scores(WHO, TEXTS, 64) == [-1.5, 1.5, -0.5]


async def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    folder = make(tmp_path / "slow")
    model = CrossEncoder(folder, files_digest(folder), 0.01)
    with pytest.raises(TimedOut) as slow:
        await model.scores(WHO, TEXTS, 64)
    assert slow.value.code == "reranker.timed_out"
    await model.close()


@pytest.mark.parametrize(
    ("inputs", "scores", "said"),
    [
        (("pixel_values", "attention_mask", "token_type_ids"), 1, "asks for pixel_values"),
        (("input_ids", "attention_mask", "token_type_ids"), 2, r"shape \[2, 2\]"),
    ],
)
async def test_a_model_of_another_kind_says_what_is_wrong(
    tmp_path: Path, inputs: tuple[str, ...], scores: int, said: str
) -> None:
    folder = make(tmp_path / "other", inputs=inputs, scores=scores)
    model = CrossEncoder(folder, files_digest(folder), 60)
    with pytest.raises(Refused, match=said) as unfit:
        await model.scores(WHO, TEXTS, 64)
    assert unfit.value.code == "reranker.unfit"
    await model.close()


@pytest.mark.slow
async def test_files_that_are_no_model_and_no_tokenizer_are_refused(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        folder = make(tmp_path / name.split(".")[0])
        (folder / name).write_bytes(b"nothing")
        model = CrossEncoder(folder, files_digest(folder), 60)
        with pytest.raises(Refused) as unfit:
            await model.scores(WHO, TEXTS, 64)
        assert unfit.value.code == "reranker.unfit"
        await model.close()


async def test_a_folder_is_found_by_name_and_by_what_it_holds(tmp_path: Path) -> None:
    options = RerankerOptions(rerankers_dir=tmp_path)
    models = CrossEncoders(options)
    with pytest.raises(Refused, match="there are: none") as none:
        await models.named("tiny", None)
    assert none.value.code == "reranker.not_configured"
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "model.onnx").write_bytes(b"x")
    with pytest.raises(Refused, match=r"tokenizer\.json") as missing:
        await models.named("half", None)
    assert missing.value.code == "reranker.weights_missing"
    make(tmp_path / "tiny")
    (tmp_path / "Not A Name").mkdir()
    assert (options.names, list(options.digests())) == (["half", "tiny"], ["tiny"])
    digest = options.digests()["tiny"]
    found = await models.named("tiny", digest)
    assert await models.named("tiny", None) is found
    assert await found.scores(WHO, TEXTS[:1], 64) == [-1.5]
    with pytest.raises(Refused) as other:
        await models.named("tiny", "0" * 64)
    assert other.value.code == "reranker.changed"
    await models.close()


async def test_files_that_change_before_they_are_loaded_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "tiny")
    model = CrossEncoder(folder, files_digest(folder), 60)
    make(folder, bias=2.5)
    with pytest.raises(Refused, match="push the strategy again") as changed:
        await model.scores(WHO, TEXTS, 64)
    assert changed.value.code == "reranker.changed"
    await model.close()


def test_a_path_that_depends_on_where_the_engine_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="give the whole path"):
        RerankerOptions(rerankers_dir=Path("models"))
