"""Questions whose answer a judge has to believe in: asked, refused, explained, looked at before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ArtifactFilter
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, ModelFailed, NotFound
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.prompts.schemas import PushPrompt
from rag.embedding import MiniLMEmbedder
from rag.judging.judge import SUPPORT_RUN
from rag.odds import log_odds, probability
from rag.parsing.pool import ParserPool
from rag.preview.schemas import AnswerRequest
from rag.reranking.options import RerankerOptions, files_digest
from rag.schemas import Answer
from rag.strategy import KIND, Strategy
from rag.why.schemas import AnswerStage, WhyRequest
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace, workspace_on
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.readers.place import make_place
from tests.rag.reranking.tiny import make

WHO = "Who built the lighthouse of Karsund?"
TINY = {"kind": "cross_encoder", "model": "tiny"}
ASKED = {"kind": "model", "prompt": "believes@production"}
SURE = log_odds(0.99)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("judges")
    make(models / "tiny")
    make(models / "doubter", bias=9)
    return models


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own(
    database: Database, embedder: MiniLMEmbedder, parsers: ParserPool, folder: Path
) -> AsyncIterator[Workspace]:
    options = RerankerOptions(rerankers_dir=folder)
    async with workspace_on(database, embedder, parsers, rerankers=options) as workspace:
        yield workspace


@pytest_asyncio.fixture(loop_scope="session")
async def asker(own: Workspace) -> Caller:
    caller = await make_tenant(own.database)
    await own.add(caller, "lighthouse.md", LIGHTHOUSE)
    await own.add(caller, "bakery.md", BAKERY)
    return caller


async def push(workspace: Workspace, caller: Caller, judging: dict[str, Any] | None, **answering: Any) -> None:
    body = {"judging": judging, "answering": answering}
    await workspace.artifacts.push(caller, KIND, "default", "judged", body, "Judge.")


async def judging(
    workspace: Workspace, caller: Caller, says: str, body: dict[str, Any] | None = None, **answering: Any
) -> None:
    """Push a judge's prompt, what it says next, and a strategy that asks it."""
    names = ("question", "sentences", "passages")
    variables = {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": [*names]}
    template = "{{ question }}\n{{ sentences }}\n{{ passages }}\nIs it answered?"
    prompt = {"name": "believes", "body": {"template": template, "variables": variables}, "message": "Judge.",
              "labels": ["production"]}  # fmt: skip
    await workspace.prompts.push(caller, "default", PushPrompt.model_validate(prompt))
    workspace.script.pieces = [says]
    await push(workspace, caller, ASKED | (body or {}), **answering)


async def ask(workspace: Workspace, caller: Caller, collection: str = "docs") -> Answer:
    return await workspace.asking.answer(caller, "default", collection, WHO, "judged")


async def test_a_cross_encoder_counts_beside_the_engines_own_check(own: Workspace, asker: Caller) -> None:
    plain = await own.asking.answer(asker, "default", "docs", WHO)
    assert (plain.judging, plain.own_confidence) == (None, None)
    await push(own, asker, TINY)
    given = await ask(own, asker)
    assert given.judging is not None
    # The passage that is cited holds five of the question's words, and the model takes 1.5 off.
    assert (given.judging.kind, given.judging.model, given.judging.score) == ("cross_encoder", "tiny", 3.5)
    assert given.own_confidence == plain.confidence
    assert given.confidence == pytest.approx(probability(log_odds(plain.confidence) + 3.5), abs=1e-3)
    assert [one.cited_text for one in given.citations] == [one.cited_text for one in plain.citations]
    run = await own.executions.get(asker, given.execution_id)
    assert run.output.value["judging"]["score"] == 3.5


async def test_a_judge_that_doubts_makes_a_refusal_that_says_so(own: Workspace, asker: Caller) -> None:
    await push(own, asker, TINY | {"model": "doubter"})
    given = await ask(own, asker)
    assert (given.refused, given.reason_code) == (True, "unsupported")
    assert given.judging is not None
    assert given.judging.score == -4
    assert given.own_confidence is not None
    assert f"own check alone says {given.own_confidence:.2f}" in (given.reason or "")


async def test_calibration_weighs_both(own: Workspace, asker: Caller) -> None:
    await push(own, asker, TINY, calibration={"own": 0, "judge": 2, "bias": -6})
    assert (await ask(own, asker)).confidence == pytest.approx(probability(2 * 3.5 - 6), abs=1e-4)
    await push(own, asker, None, calibration={"own": 0.5, "bias": -1})
    given = await ask(own, asker)
    assert given.judging is None
    assert given.own_confidence is not None
    assert given.confidence == pytest.approx(probability(0.5 * log_odds(given.own_confidence) - 1), abs=1e-3)


@pytest.mark.parametrize(
    ("says", "score"), [('{"pass": true}', SURE), ('{"score": 0.5}', 0.0), ('{"pass": false}', -SURE)]
)
async def test_a_language_model_says_it_through_the_prompt_that_the_lock_pins(
    own: Workspace, asker: Caller, says: str, score: float
) -> None:
    await judging(own, asker, says)
    given = await ask(own, asker)
    assert given.judging is not None
    assert (given.judging.kind, given.judging.model) == ("model", "believes@production")
    assert given.judging.score == pytest.approx(score, abs=1e-4)
    assert given.refused is (score < 0)
    [run] = (await own.executions.list(asker, ExecutionFilter(kind=SUPPORT_RUN))).items
    found = await own.executions.get(asker, run.id)
    assert found.parent_id == given.execution_id
    shown = found.inputs.value["variables"]
    assert shown["question"] == WHO
    assert "Ingrid Solberg" in shown["sentences"]
    assert "Ingrid Solberg" in shown["passages"]


async def test_passages_keep_to_the_judges_tokens_and_what_did_not_fit_is_named(own: Workspace, asker: Caller) -> None:
    await judging(own, asker, '{"pass": true}')
    whole = (await ask(own, asker)).judging
    assert whole is not None
    assert (whole.budget_tokens, whole.left_out) == (2000, [])
    await judging(own, asker, '{"pass": true}', {"budget_tokens": 50})
    given = await ask(own, asker)
    assert given.judging is not None
    assert whole.tokens is not None
    assert given.judging.tokens is not None
    assert given.judging.tokens <= 50 < whole.tokens
    assert {one.reason for one in given.judging.left_out} == {"budget"}
    newest = (await own.executions.list(asker, ExecutionFilter(kind=SUPPORT_RUN))).items[0]
    shown = (await own.executions.get(asker, newest.id)).inputs.value["variables"]
    # The script counts a token for three bytes; the sentences that would be cited are always shown.
    assert len(shown["passages"].encode()) <= 150
    # What stands nearest to these is shown first.
    assert "Ingrid Solberg" in shown["sentences"]
    assert "Ingrid Solberg" in shown["passages"]
    recorded = await own.executions.get(asker, given.execution_id)
    assert recorded.output.value["judging"] == given.judging.model_dump(mode="json")


async def test_a_judge_that_fails_lets_no_answer_through(own: Workspace, asker: Caller) -> None:
    await judging(own, asker, "It looks fine to me.")
    with pytest.raises(ModelFailed, match="output schema") as unreadable:
        await ask(own, asker)
    assert unreadable.value.code == "judge.unreadable"
    own.script.error = ModelFailed("model.crashed", "It died.")
    try:
        with pytest.raises(ModelFailed) as failed:
            await ask(own, asker)
    finally:
        own.script.error = None
    assert failed.value.code == "model.crashed"
    asked = (await own.executions.list(asker, ExecutionFilter(kind="ask"))).items
    assert [one.status for one in asked] == ["failed", "failed"]


async def test_why_and_preview_ask_it_too(own: Workspace, asker: Caller) -> None:
    await push(own, asker, TINY | {"model": "doubter"})
    given = await ask(own, asker)
    request = WhyRequest(question=WHO, document="lighthouse.md", strategy="judged")
    stage = (await own.why.explain(asker, "default", "docs", request)).stages[-1]
    assert isinstance(stage, AnswerStage)
    assert (stage.refused, stage.confidence, stage.judging) == (True, given.confidence, given.judging)
    body = Strategy.model_validate({"judging": TINY | {"model": "doubter"}})
    looked = await own.preview.answer(asker, "default", "docs", AnswerRequest(question=WHO, strategy=body))
    assert (looked.refused, looked.confidence, looked.judging) == (True, given.confidence, given.judging)


async def test_no_connection_is_held_while_a_judge_thinks(
    own: Workspace, asker: Caller, embedder: MiniLMEmbedder, parsers: ParserPool
) -> None:
    await judging(own, asker, says := '{"pass": true}')
    alone = Database(own.database.url, pool_size=1)
    async with workspace_on(alone, embedder, parsers) as narrow:
        narrow.script.pieces = [says]
        request = WhyRequest(question=WHO, document="lighthouse.md", strategy="judged")
        async with asyncio.timeout(20):
            stage = (await narrow.why.explain(asker, "default", "docs", request)).stages[-1]
    await alone.close()
    assert isinstance(stage, AnswerStage)
    assert stage.judging is not None


async def test_the_version_pins_the_judges_files_and_a_prompt_has_to_fit(
    own: Workspace, asker: Caller, folder: Path
) -> None:
    await push(own, asker, TINY)
    found = await own.artifacts.list(asker, KIND, "default", ArtifactFilter(), after=None, limit=10)
    [latest] = [one for one in found if one.name == "judged"]
    assert latest.body is not None
    assert latest.body["judging"]["digest"] == files_digest(folder / "tiny")
    with pytest.raises(InvalidInput) as unknown:
        await push(own, asker, TINY | {"model": "large"})
    assert unknown.value.code == "rag_strategy.reranker_unknown"
    prompt = {"name": "believes", "body": {"template": "Say hello."}, "message": "x", "labels": ["production"]}
    await own.prompts.push(asker, "default", PushPrompt.model_validate(prompt))
    with pytest.raises(InvalidInput, match="takes no `question` and `sentences`") as unfit:
        await push(own, asker, ASKED)
    assert unfit.value.code == "rag_strategy.prompt_unfit"


async def test_what_a_judge_is_shown_is_kept_from_whom_the_passages_are_kept(own: Workspace) -> None:
    place = await make_place(own)
    await judging(own, place.owner, '{"pass": true}')
    await ask(own, place.owner, collection="mixed")
    [run] = (await own.executions.list(place.owner, ExecutionFilter(kind=SUPPORT_RUN))).items
    assert (await own.executions.get(place.member, run.id)).id == run.id
    with pytest.raises(NotFound):
        await own.executions.get(place.outsider, run.id)


def test_what_is_left_out_changes_no_digest_of_earlier_versions() -> None:
    assert json.loads(Strategy().model_dump_json()).keys() == {"chunking", "retrieval", "answering", "embedder"}
    assert "calibration" not in Strategy().model_dump(mode="json")["answering"]
