"""Answers in doubt wait for a person's word; what was said becomes rows of a dataset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.cli.failures import CommandFailed
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.feedback.schemas import FeedbackFilter, GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from rag.answer_labels.routes import router
from rag.answer_labels.service import AnswerLabelService
from rag.component import component
from rag.lost_support.job import RecheckJob
from rag.schemas import Answer
from tests.commands import Commands, listening
from tests.conftest import make_tenant
from tests.rag.composing.test_composer import with_composing
from tests.rag.conftest import Doorman, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.readers.place import make_place
from tests.rag.upkeep import rows, run_job

BUILT = "Who built the lighthouse of Karsund?"
UNSAID = "Which keeper of Karsund slept through 2031?"
PATH = "/collections/docs/doubtful-answers"


@pytest.fixture
def feedback(workspace: Workspace) -> FeedbackService:
    service = FeedbackService(workspace.database)
    workspace.executions.on_erasure(service.erase_words_about)
    return service


@pytest.fixture
def datasets(workspace: Workspace, feedback: FeedbackService) -> DatasetService:
    kinds = KindRegistry([DatasetKind()])
    return DatasetService(
        workspace.database, ArtifactService(workspace.database, kinds), workspace.executions, feedback
    )


@pytest.fixture
def served(app: FastAPI, workspace: Workspace, feedback: FeedbackService, datasets: DatasetService) -> FastAPI:
    app.state.services.add(AnswerLabelService(workspace.database, workspace.executions, feedback, datasets))
    app.include_router(router, prefix="/api/v1")
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def client(served: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(served)
    return httpx.AsyncClient(
        transport=transport, base_url="http://test/api/v1", headers={"Authorization": "Bearer key"}
    )


@pytest.fixture(autouse=True)
async def documents(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY)


async def ask(workspace: Workspace, caller: Caller, question: str) -> Answer:
    return await workspace.asking.answer(caller, "default", "docs", question)


async def waiting(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    response = await client.get(PATH, params={"confidence_below": 0, **query})
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def label(client: httpx.AsyncClient, of: Answer, **given: Any) -> httpx.Response:
    return await client.post(f"{PATH}/{of.execution_id}/labels", json=given)


def passage_of(answer: Answer) -> dict[str, Any]:
    first = answer.passages[0]
    return {"version_id": str(first.version.version_id), "start": first.start, "end": first.end}


async def test_a_refusal_with_passages_near_waits_with_what_a_person_needs(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    refused = await ask(workspace, caller, UNSAID)
    assert refused.reason_code == "unsupported"
    assert not (await ask(workspace, caller, BUILT)).refused
    (shown,) = await waiting(client)
    assert (shown["execution_id"], shown["question"], shown["doubts"]) == (
        str(refused.execution_id), UNSAID, ["unsupported"],
    )  # fmt: skip
    assert shown["reason"] == refused.reason
    assert [one["text"] for one in shown["passages"]] == [one.text for one in refused.passages]
    assert shown["label"] is None
    assert await waiting(client, doubt="conflicting") == []
    assert (await client.get(f"{PATH}/{refused.execution_id}")).json() == shown


async def test_each_doubt_puts_an_answer_on_the_list(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, feedback: FeedbackService
) -> None:
    answer = await ask(workspace, caller, BUILT)
    assert await waiting(client) == []
    (unsure,) = await waiting(client, confidence_below=1)
    assert unsure["doubts"] == ["low_confidence"]
    assert unsure["citations"][0]["cited_text"] == answer.citations[0].cited_text
    given = GiveFeedback(metric_name="helpful", value=False, execution_id=answer.execution_id)
    await feedback.give(caller, "default", given)
    assert [one["doubts"] for one in await waiting(client)] == [["disliked"]]
    other = LIGHTHOUSE.replace("Ingrid Solberg", "Astrid Lund")
    document = (await workspace.add(caller, "lighthouse.md", other)).document.id
    await run_job(workspace, caller, RecheckJob(), document)
    assert [one["doubts"] for one in await waiting(client)] == [["lost_support", "disliked"]]
    assert len(await waiting(client, doubt="lost_support")) == 1


@pytest.mark.parametrize(
    ("written", "doubts"),
    [
        (
            "Ingrid Solberg built the lighthouse of Karsund. [1] It is the oldest one in Norway. [1]",
            ["partly_supported"],
        ),
        ("Ingrid Solberg built the lighthouse of Karsund. [1] Ingrid Solberg built the lighthouse. [1]", None),
    ],
)
async def test_what_a_model_wrote_beyond_the_documents_is_a_doubt_and_what_it_wrote_twice_is_none(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, written: str, doubts: list[str] | None
) -> None:
    await with_composing(workspace, caller)
    workspace.script.error, workspace.script.pieces = None, [written]
    answer = await workspace.asking.answer(caller, "default", "docs", BUILT, "written")
    assert answer.composition is not None
    assert len(answer.composition.cut) == 1
    shown = await waiting(client)
    assert [one["doubts"] for one in shown] == ([] if doubts is None else [doubts])


async def test_documents_that_contradict_each_other_are_a_doubt(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    for name, when in (
        ("guide.md", "1874 by the engineer Ingrid Solberg"),
        ("leaflet.md", "1889 by the engineer Solberg"),
    ):
        await workspace.add(caller, name, f"The lighthouse of Karsund was built in {when}.")
    refused = await ask(workspace, caller, "When was the lighthouse of Karsund built?")
    assert refused.reason_code == "conflicting"
    (shown,) = await waiting(client, doubt="conflicting")
    assert (shown["doubts"], len(shown["citations"])) == (["conflicting"], 2)


async def test_what_measures_a_strategy_waits_for_nobody(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    await workspace.asking.answer(caller, "default", "docs", UNSAID, kind="evaluation")
    assert await waiting(client, confidence_below=1) == []


async def test_a_label_is_kept_with_who_and_when_and_takes_the_answer_off_the_list(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, feedback: FeedbackService
) -> None:
    refused = await ask(workspace, caller, UNSAID)
    wish = {"verdict": "should_answer", "passage": passage_of(refused), "comment": "It says so."}
    given = await label(client, refused, **wish)
    assert given.status_code == 201, given.text
    said = given.json()
    assert (said["verdict"], said["actor_id"]) == ("should_answer", str(caller.principal_id))
    assert said["answer"] is None
    assert (said["version_id"], said["start"]) == (
        str(refused.passages[0].version.version_id),
        refused.passages[0].start,
    )
    assert await waiting(client) == []
    (shown,) = await waiting(client, labelled=True)
    assert shown["label"] == said
    recorded = await rows(
        workspace, caller, "SELECT metric_name FROM feedback WHERE execution_id = :id ORDER BY id",
        id=refused.execution_id,
    )  # fmt: skip
    assert [row[0] for row in recorded] == ["should_answer"]
    [[facts]] = await rows(workspace, caller, "SELECT facts FROM audit_entry WHERE kind = 'answer.labelled'")
    assert (facts["verdict"], facts["execution_id"]) == ("should_answer", str(refused.execution_id))
    # Whoever changes their mind labels again; the last word counts.
    assert (await label(client, refused, verdict="rightly_refused")).status_code == 201
    (shown,) = await waiting(client, labelled=True)
    assert (shown["label"]["verdict"], shown["label"]["answer"]) == ("rightly_refused", None)


async def test_who_skips_is_not_shown_it_again_but_others_are(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    refused = await ask(workspace, caller, UNSAID)
    assert (await label(client, refused, verdict="skipped")).status_code == 201
    assert await waiting(client) == await waiting(client, labelled=True) == []
    doorman.caller = replace(caller, principal_id=UUID(int=7))
    assert len(await waiting(client)) == 1


@pytest.mark.parametrize(
    ("question", "given", "code"),
    [
        (UNSAID, {"verdict": "supported"}, "label.verdict_unfit"),
        (BUILT, {"verdict": "rightly_refused"}, "label.verdict_unfit"),
        (UNSAID, {"verdict": "should_answer"}, "label.answer_missing"),
        (UNSAID, {"verdict": "rightly_refused", "answer": "Twelve."}, "label.words_unfit"),
        (
            UNSAID,
            {"verdict": "should_answer", "passage": {"version_id": str(UUID(int=1)), "start": 0, "end": 5}},
            "label.passage_unknown",
        ),
        (UNSAID, {"verdict": "perhaps"}, None),
    ],
)
async def test_a_label_that_does_not_fit_is_refused(
    client: httpx.AsyncClient,
    workspace: Workspace,
    caller: Caller,
    question: str,
    given: dict[str, Any],
    code: str | None,
) -> None:
    answer = await ask(workspace, caller, question)
    response = await label(client, answer, **given)
    assert response.status_code == 422, response.text
    assert code is None or response.json()["code"] == code
    assert await waiting(client, labelled=True) == []


async def test_machines_do_not_label_and_strangers_find_nothing(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    refused = await ask(workspace, caller, UNSAID)
    doorman.caller = replace(caller, principal_kind="machine")
    response = await label(client, refused, verdict="rightly_refused")
    assert (response.status_code, response.json()["code"]) == (403, "label.person_needed")
    doorman.caller = await make_tenant(workspace.database)
    assert (await client.get(PATH)).status_code == 404
    assert (await client.get(f"{PATH}/{refused.execution_id}")).status_code == 404
    assert (await label(client, refused, verdict="rightly_refused")).status_code == 404
    pushed = await client.post("/collections/docs/answer-labels/dataset", json={"name": "theirs"})
    assert pushed.status_code == 404
    # A collection of their own under the same name does not lead to it either.
    await workspace.add(doorman.caller, "bakery.md", BAKERY)
    assert await waiting(client) == []
    response = await label(client, refused, verdict="rightly_refused")
    assert (response.status_code, response.json()["code"]) == (404, "answer.not_found")


async def test_pages_follow_each_other(client: httpx.AsyncClient, workspace: Workspace, caller: Caller) -> None:
    asked = [str((await ask(workspace, caller, UNSAID)).execution_id) for _ in range(3)]
    first = (await client.get(PATH, params={"limit": 2})).json()
    rest = (await client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["execution_id"] for one in (*first["items"], *rest["items"])] == asked[::-1]
    assert (await client.get(PATH, params={"cursor": "x"})).status_code == 422


async def test_labels_become_rows_on_which_strategies_are_evaluated(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, datasets: DatasetService
) -> None:
    wish = {"name": "labelled", "description": "What people said."}
    nothing = await client.post("/collections/docs/answer-labels/dataset", json=wish)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "label.nothing_to_push")
    answer, refused = await ask(workspace, caller, BUILT), await ask(workspace, caller, UNSAID)
    typed, wrong = await ask(workspace, caller, UNSAID), await ask(workspace, caller, BUILT)
    right, pointed = await ask(workspace, caller, UNSAID), await ask(workspace, caller, UNSAID)
    for one, given in (
        (answer, {"verdict": "supported"}),
        (refused, {"verdict": "should_answer", "passage": passage_of(refused), "answer": "Twelve."}),
        (typed, {"verdict": "should_answer", "answer": "Thirteen."}),
        (wrong, {"verdict": "not_supported"}),
        (right, {"verdict": "rightly_refused"}),
        (pointed, {"verdict": "should_answer", "passage": passage_of(pointed)}),
    ):
        assert (await label(client, one, **given)).status_code == 201
    pushed = await client.post("/collections/docs/answer-labels/dataset", json=wish)
    assert pushed.status_code == 201, pushed.text
    assert (pushed.json()["rows"], pushed.json()["left_out"]) == (5, 1)
    page = await datasets.rows(caller, "default", "labelled", "open", limit=10, cursor=None)
    by_label = {(row.metadata or {})["execution_id"]: row for row in page.items}
    kept = by_label[str(answer.execution_id)]
    assert kept.inputs == {"question": BUILT}
    assert kept.metadata is not None
    assert kept.metadata["sources"] == [
        {"document": "lighthouse.md", "text": one.cited_text} for one in answer.citations
    ]
    chosen = by_label[str(refused.execution_id)]
    assert chosen.expected == "Twelve."
    assert chosen.metadata is not None
    assert chosen.metadata["sources"] == [{"document": "lighthouse.md", "text": refused.passages[0].text}]
    assert by_label[str(pointed.execution_id)].expected == pointed.passages[0].text
    assert "sources" not in (by_label[str(typed.execution_id)].metadata or {})
    assert (by_label[str(right.execution_id)].metadata or {})["sources"] == []


async def test_what_was_typed_is_erased_with_the_execution(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    refused = await ask(workspace, caller, UNSAID)
    await label(client, refused, verdict="should_answer", answer="Twelve windows of Ingrid's.")
    await workspace.executions.erase_content(caller, refused.execution_id, "asked for")
    assert await waiting(client, labelled=True) == []
    assert await rows(workspace, caller, "SELECT content FROM feedback_content") == []
    assert (await label(client, refused, verdict="rightly_refused")).status_code == 404


@pytest_asyncio.fixture(loop_scope="session")
async def run(served: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Any:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    async with listening(served) as url:
        yield Commands(commands, url, monkeypatch, key="key")


async def test_answers_are_labelled_from_the_shell(run: Commands, workspace: Workspace, caller: Caller) -> None:
    refused = await ask(workspace, caller, UNSAID)
    told = await run("docs", "doubt", "list", "-c", "docs")
    assert told.exception is None, told.exception.message
    listed = told.stdout
    assert UNSAID in listed
    assert "unsupported" in listed
    shown = (await run("docs", "doubt", "show", str(refused.execution_id), "-c", "docs")).stdout
    assert "passage 1: lighthouse.md" in shown
    words = ("docs", "doubt", "label", str(refused.execution_id), "should_answer", "-c", "docs")
    said = await run.json(*words, "--passage", "1", "--answer", "Twelve.")
    assert (said["answer"], said["version_id"]) == ("Twelve.", str(refused.passages[0].version.version_id))
    assert "No answer is in doubt" in (await run("docs", "doubt", "list", "-c", "docs", "--below", "0")).stdout
    wrong = await run(
        "docs", "doubt", "label", str(refused.execution_id), "should_answer", "-c", "docs", "--passage", "99"
    )
    assert isinstance(wrong.exception, CommandFailed)
    assert "passages 1 to" in wrong.exception.message
    pushed = (await run("docs", "doubt", "dataset", "labelled", "-c", "docs")).stdout
    assert "labelled/1 has 1 row" in pushed


async def test_who_may_not_read_a_document_sees_no_doubt_that_shows_it(
    client: httpx.AsyncClient, workspace: Workspace, doorman: Doorman
) -> None:
    place = await make_place(workspace)
    path = "/collections/mixed/doubtful-answers"
    doorman.caller = place.owner
    answered = await place.ask(place.owner)
    refused = await workspace.asking.answer(place.member, "default", "mixed", UNSAID)
    assert place.restricted in {one.version.document_id for one in refused.passages}
    seen = {"params": {"confidence_below": 1}}
    assert len((await client.get(path, **seen)).json()["items"]) == 2
    given = {"verdict": "should_answer", "passage": passage_of(refused)}
    labelled = await client.post(f"{path}/{refused.execution_id}/labels", json=given)
    assert labelled.status_code == 201, labelled.text
    doorman.caller = place.member
    assert "Karsund" in (await client.get(path, params={"labelled": True})).text
    doorman.caller = place.outsider
    for labelled_too in (False, True):
        page = await client.get(path, params={"confidence_below": 1, "labelled": labelled_too})
        assert (page.status_code, page.json()["items"]) == (200, []), page.text
        assert "lighthouse" not in page.text
    for execution_id in (answered, refused.execution_id):
        shown = await client.get(f"{path}/{execution_id}")
        assert (shown.status_code, shown.json()["code"]) == (404, "answer.not_found")
        said = await client.post(f"{path}/{execution_id}/labels", json={"verdict": "skipped"})
        assert (said.status_code, said.json()["code"]) == (404, "answer.not_found")
    pushed = await client.post("/collections/mixed/answer-labels/dataset", json={"name": "peeked"})
    assert (pushed.status_code, pushed.json()["code"]) == (409, "label.nothing_to_push")
    # Feedback has no access list, so nothing there repeats the passage.
    wanted = FeedbackFilter(execution_id=refused.execution_id)
    listed = await FeedbackService(workspace.database).list(place.owner, wanted)
    assert [one.metric_name for one in listed.items] == ["should_answer"]
    assert "lighthouse" not in listed.model_dump_json()
