"""Questions whose passages a model puts in order: asked, explained, looked at before, and cached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ArtifactFilter
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput, NotFound, Refused, TryLater
from mcp_engine.executions.schemas import ExecutionFilter
from mcp_engine.prompts.schemas import PushPrompt
from rag.embedding import MiniLMEmbedder
from rag.parsing.pool import ParserPool
from rag.preview.schemas import AnswerRequest
from rag.reranking.options import RerankerOptions, files_digest
from rag.reranking.reranker import RERANK_RUN
from rag.schemas import Answer
from rag.strategy import KIND, Strategy
from rag.why.schemas import RerankingStage, WhyRequest
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace, workspace_on
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.readers.place import make_place
from tests.rag.reranking.tiny import make

WHO = "Who built the lighthouse of Karsund?"
TINY = {"kind": "cross_encoder", "model": "tiny"}
ORDERED = {"kind": "model", "prompt": "order@production"}
CORPUS = {"lighthouse.md": LIGHTHOUSE, "bakery.md": BAKERY, "observatory.md": OBSERVATORY}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("models")
    make(models / "tiny")
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
    for name, content in CORPUS.items():
        await own.add(caller, name, content)
    return caller


async def push(workspace: Workspace, caller: Caller, reranking: dict[str, Any] | None, **other: Any) -> None:
    body = {"reranking": reranking, "retrieval": {"passages": 2}, **other}
    await workspace.artifacts.push(caller, KIND, "default", "ordering", body, "Order.")


async def ordering(workspace: Workspace, caller: Caller, **options: Any) -> None:
    """Push the prompt, and a strategy that orders passages with it."""
    template = "Question: {{ question }}\n{{ passages }}\nWhich is best?"
    variables = {
        "type": "object",
        "properties": {"question": {"type": "string"}, "passages": {"type": "string"}},
        "required": ["question", "passages"],
    }
    prompt = {"name": "order", "body": {"template": template, "variables": variables}, "message": "Order.",
              "labels": ["production"]}  # fmt: skip
    await workspace.prompts.push(caller, "default", PushPrompt.model_validate(prompt))
    await push(workspace, caller, ORDERED | options.pop("reranking", {}), **options)


async def ask(workspace: Workspace, caller: Caller, question: str = WHO, **more: Any) -> Answer:
    return await workspace.asking.answer(
        caller, "default", more.pop("collection", "docs"), question, "ordering", **more
    )


async def test_a_cross_encoder_decides_which_passages_are_shown(own: Workspace, asker: Caller, folder: Path) -> None:
    # It counts shared words alone: of these the bakery has most, whatever the question means.
    question = "dough rests eighteen hours lighthouse"
    plain = await own.asking.answer(asker, "default", "docs", question, "default")
    await push(own, asker, TINY | {"scores": "raw", "candidates": 3})
    given = await ask(own, asker, question)
    assert given.reranking is not None
    assert (given.reranking.kind, given.reranking.model, given.reranking.failed) == ("cross_encoder", "tiny", None)
    assert given.reranking.candidates == len(plain.passages) == 3
    ranks = {one.version.document: place for place, one in enumerate(plain.passages, start=1)}
    assert [one.version.document for one in given.passages] == ["bakery.md", "lighthouse.md"]
    for one in given.passages:
        assert one.reranked is not None
        assert one.reranked.rank_before == ranks[one.version.document]
    assert [one.reranked and one.reranked.score for one in given.passages] == [2.5, 0.5]
    assert [one.score for one in given.passages] == [1.0, 0.5]
    run = await own.executions.get(asker, given.execution_id)
    assert run.output.value["reranking"]["model"] == "tiny"


async def test_a_sigmoid_gives_shares_that_compare_between_questions(own: Workspace, asker: Caller) -> None:
    await push(own, asker, TINY)
    given = await ask(own, asker)
    assert given.passages[0].version.document == "lighthouse.md"
    said = given.passages[0].reranked
    assert said is not None
    assert said.score == 3.5
    assert given.passages[0].score == pytest.approx(0.970688)


async def test_the_version_pins_the_files_that_it_was_pushed_with(own: Workspace, asker: Caller, folder: Path) -> None:
    await push(own, asker, TINY)
    digest = files_digest(folder / "tiny")
    await push(own, asker, TINY | {"digest": digest})
    found = await own.artifacts.list(asker, KIND, "default", ArtifactFilter(), after=None, limit=10)
    [latest] = [one for one in found if one.name == "ordering"]
    assert latest.latest.number == 1
    assert latest.body is not None
    assert latest.body["reranking"]["digest"] == digest
    with pytest.raises(InvalidInput, match="leave it out") as changed:
        await push(own, asker, TINY | {"digest": "0" * 64})
    assert changed.value.code == "rag_strategy.reranker_changed"
    with pytest.raises(InvalidInput, match="there are: tiny") as unknown:
        await push(own, asker, TINY | {"model": "large"})
    assert unknown.value.code == "rag_strategy.reranker_unknown"


@pytest.mark.slow
async def test_files_that_were_changed_since_are_refused_when_asked(
    database: Database, embedder: MiniLMEmbedder, parsers: ParserPool, tmp_path: Path
) -> None:
    make(tmp_path / "tiny")
    options = RerankerOptions(rerankers_dir=tmp_path)
    caller = await make_tenant(database)
    async with workspace_on(database, embedder, parsers, rerankers=options) as workspace:
        await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
        await push(workspace, caller, TINY)
    make(tmp_path / "tiny", bias=3)
    async with workspace_on(database, embedder, parsers, rerankers=options) as workspace:
        with pytest.raises(Refused) as changed:
            await ask(workspace, caller)
        assert changed.value.code == "reranker.changed"
        await push(workspace, caller, TINY)
        assert (await ask(workspace, caller)).reranking is not None
    async with workspace_on(database, embedder, parsers) as without:
        with pytest.raises(Refused, match="MCP_ENGINE_RERANKERS_DIR") as gone:
            await ask(without, caller)
        assert gone.value.code == "reranker.not_configured"


async def test_a_model_orders_passages_by_the_prompt_that_the_lock_pins(own: Workspace, asker: Caller) -> None:
    await ordering(own, asker)
    own.script.pieces = ["[2] > [1] > [3]"]
    given = await ask(own, asker)
    plain = await own.asking.answer(asker, "default", "docs", WHO, "default")
    assert [one.version.document for one in given.passages] == [
        plain.passages[place].version.document for place in (1, 0)
    ]
    assert [one.score for one in given.passages] == [1.0, pytest.approx(2 / 3)]
    report = given.reranking
    assert report is not None
    assert (report.kind, report.failed, report.missing, report.doubled, report.unknown) == ("model", None, 0, 0, 0)
    assert report.tokens is not None
    assert 0 < report.tokens <= 2000
    assert report.tokens_exact is False
    [run] = (await own.executions.list(asker, ExecutionFilter(kind=RERANK_RUN))).items
    assert run.parent_id == given.execution_id
    detail = await own.executions.get(asker, run.id)
    assert WHO in detail.inputs.value["variables"]["question"]
    assert detail.inputs.value["variables"]["passages"].startswith("[1] # The lighthouse of Karsund")


async def test_an_order_that_is_not_whole_is_completed_and_says_so(own: Workspace, asker: Caller) -> None:
    await ordering(own, asker)
    own.script.pieces = ["[3] > [3] > [8]"]
    given = await ask(own, asker)
    assert given.reranking is not None
    counts = (given.reranking.missing, given.reranking.doubled, given.reranking.unknown)
    assert (counts, given.reranking.failed) == ((2, 1, 1), None)
    assert [one.reranked and one.reranked.rank_before for one in given.passages] == [3, 1]


@pytest.mark.parametrize("failing", ["no order", "an error"])
async def test_when_the_model_fails_the_order_is_kept_and_the_answer_says_so(
    own: Workspace, asker: Caller, failing: str
) -> None:
    await ordering(own, asker, answering={"cache": True})
    own.script.pieces = ["I don't know."]
    if failing == "an error":
        own.script.error = TryLater("model.unavailable", "The model is away.", retry_after_seconds=1)
    try:
        given = await ask(own, asker)
        again = await ask(own, asker)
    finally:
        own.script.error = None
    plain = await own.asking.answer(asker, "default", "docs", WHO, "default")
    assert given.reranking is not None
    assert given.reranking.failed is not None
    assert ("model.unavailable" in given.reranking.failed) == (failing == "an error")
    assert [one.score for one in given.passages] == [one.score for one in plain.passages[:2]]
    assert "Ingrid" in given.text
    # What failed may succeed the next time: it is not kept.
    assert again.cached_from is None
    own.script.pieces = ["[1] > [2] > [3]"]
    kept = await ask(own, asker)
    assert (await ask(own, asker)).cached_from == kept.execution_id


async def test_what_does_not_fit_into_the_tokens_is_left_out_and_named(own: Workspace, asker: Caller) -> None:
    await ordering(own, asker, reranking={"budget_tokens": 60})
    own.script.pieces = ["[1]"]
    given = await ask(own, asker)
    report = given.reranking
    assert report is not None
    assert report.tokens is not None
    assert report.tokens <= 60
    assert {one.reason for one in report.left_out} == {"budget"}
    [run] = (await own.executions.list(asker, ExecutionFilter(kind=RERANK_RUN))).items
    shown = (await own.executions.get(asker, run.id)).inputs.value["variables"]["passages"]
    assert len(shown.encode()) <= 180
    assert run.id
    recorded = await own.executions.get(asker, given.execution_id)
    assert recorded.output.value["reranking"]["left_out"] == [one.model_dump(mode="json") for one in report.left_out]


async def test_why_and_preview_show_the_scores_of_the_stage(own: Workspace, asker: Caller) -> None:
    await push(own, asker, TINY)
    request = WhyRequest(question=WHO, document="bakery.md", strategy="ordering")
    why = await own.why.explain(asker, "default", "docs", request)
    assert why.dropped_at == "reranking"
    stage = why.stages[-1]
    assert isinstance(stage, RerankingStage)
    assert (stage.kind, stage.model, stage.passages, stage.rank) == ("cross_encoder", "tiny", 2, 3)
    assert stage.score is not None
    assert 0 < stage.share < 1
    request = WhyRequest(question=WHO, document="lighthouse.md", strategy="ordering")
    cited = await own.why.explain(asker, "default", "docs", request)
    assert [one.stage for one in cited.stages][-3:] == ["reranking", "sentences", "answer"]
    body = Strategy.model_validate({"reranking": TINY, "retrieval": {"passages": 2}})
    looked = await own.preview.answer(asker, "default", "docs", AnswerRequest(question=WHO, strategy=body))
    given = await ask(own, asker)
    assert looked.passages == given.passages
    assert looked.reranking == given.reranking


async def test_a_prompt_that_takes_no_passages_is_refused(own: Workspace, asker: Caller) -> None:
    prompt = {"name": "order", "body": {"template": "Say hello."}, "message": "x", "labels": ["production"]}
    await own.prompts.push(asker, "default", PushPrompt.model_validate(prompt))
    with pytest.raises(InvalidInput) as unfit:
        await push(own, asker, ORDERED)
    assert unfit.value.code == "rag_strategy.prompt_unfit"
    with pytest.raises(NotFound):
        await push(own, asker, ORDERED | {"prompt": "missing@production"})


async def test_what_a_model_is_shown_is_kept_from_whom_the_passages_are_kept(own: Workspace) -> None:
    place = await make_place(own)
    await ordering(own, place.owner)
    own.script.pieces = ["[1] > [2]"]
    given = await ask(own, place.owner, collection="mixed")
    [run] = (await own.executions.list(place.owner, ExecutionFilter(kind=RERANK_RUN))).items
    assert "Ingrid" in (await own.executions.get(place.member, run.id)).inputs.value["variables"]["passages"]
    with pytest.raises(NotFound):
        await own.executions.get(place.outsider, run.id)
    assert given.reranking is not None
    async with own.database.unit_of_work(place.owner.tenant_id, place.owner.principal_id) as work:
        shown = await work.session.execute(
            text("SELECT shown FROM execution_outcome WHERE execution_id = :id"), {"id": run.id}
        )
        assert len(shown.scalar_one()) == 2


async def test_a_run_that_has_not_ended_is_its_actors_alone_where_lists_are(own: Workspace) -> None:
    place = await make_place(own)
    await ordering(own, place.owner)
    own.script.pieces, own.script.hold = ["[1]", " > [2]"], asyncio.Event()
    asking = asyncio.create_task(ask(own, place.owner, collection="mixed"))
    try:
        while not (found := (await own.executions.list(place.owner, ExecutionFilter(kind=RERANK_RUN))).items):
            await asyncio.sleep(0.02)
        assert (await own.executions.list(place.outsider, ExecutionFilter(kind=RERANK_RUN))).items == []
        with pytest.raises(NotFound):
            await own.executions.get(place.outsider, found[0].id)
    finally:
        own.script.hold.set()
        await asking
        own.script.hold = None


async def test_a_follow_up_is_ordered_by_its_own_words(own: Workspace, asker: Caller) -> None:
    await push(own, asker, TINY)
    first = await ask(own, asker)
    follow = await ask(own, asker, "How high is it?", follows=first.execution_id)
    assert (follow.context, follow.reranking is not None) == ([WHO], True)
