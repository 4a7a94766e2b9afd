"""Answers whose documents change: looked at again, reported, and asked again by somebody."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest
from fastapi import FastAPI

from mcp_engine.access import Caller
from mcp_engine.errors import SlowDown
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from rag.lost_support.job import RECHECK, RecheckJob
from rag.removal import take_out
from rag.repository import DocumentRepository
from rag.schemas import Answer
from rag.stores.outbox import StoreOutbox
from rag.stores.postgresql import POSTGRESQL
from rag.strategy import Filters
from tests.conftest import make_tenant
from tests.rag.conftest import Attempt, Doorman, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.upkeep import get, rows, run_job, send, with_upkeep

QUESTION = "Who built the lighthouse of Karsund?"
HEADING = "# A preface\n\nNobody reads prefaces, and yet they are written.\n\n"
BUILT = "was built in 1874 by the engineer Ingrid Solberg"


@pytest.fixture
def served(app: FastAPI, workspace: Workspace) -> FastAPI:
    return with_upkeep(app, workspace)


async def ask(workspace: Workspace, caller: Caller, question: str = QUESTION) -> Answer:
    given = await workspace.asking.answer(caller, "default", "docs", question)
    assert not given.refused
    return given


async def change(workspace: Workspace, caller: Caller, content: str, name: str = "lighthouse.md") -> UUID:
    """Add another version, do the job that this queued, and return the document."""
    document = (await workspace.add(caller, name, content)).document.id
    await work_off(workspace, caller)
    return document


async def queued(workspace: Workspace, caller: Caller) -> list[UUID]:
    found = await rows(workspace, caller, "SELECT subject_id FROM job WHERE kind = :kind ORDER BY id", kind=RECHECK)
    return [row[0] for row in found]


async def work_off(workspace: Workspace, caller: Caller) -> None:
    for document in (await queued(workspace, caller))[-1:]:
        await run_job(workspace, caller, RecheckJob(), document)


async def listed(served: FastAPI, **query: Any) -> list[dict[str, Any]]:
    response = await get(served, "/collections/docs/unsupported-answers", **query)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def log(workspace: Workspace, caller: Caller, execution_id: UUID) -> list[Any]:
    query = "SELECT kind, facts FROM audit_entry WHERE subject = :id AND kind LIKE 'answer.%' ORDER BY id"
    return await rows(workspace, caller, query, id=str(execution_id))


async def test_what_only_moved_is_reported_with_its_new_place(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = await ask(workspace, caller)
    await change(workspace, caller, HEADING + LIGHTHOUSE)
    assert await listed(served) == await listed(served, standing="nearly") == []
    (answer,) = await listed(served, standing="verbatim")
    assert (answer["execution_id"], answer["question"]) == (str(given.execution_id), QUESTION)
    assert len(answer["citations"]) == len(given.citations)
    for citation, before in zip(answer["citations"], given.citations, strict=True):
        assert (citation["n"], citation["number"], citation["cited_text"]) == (before.n, 1, before.cited_text)
        assert citation["place"] == {
            "number": 2, "start": before.start + len(HEADING), "end": before.end + len(HEADING),
        }  # fmt: skip
    assert await log(workspace, caller, given.execution_id) == []


async def test_other_dress_is_nearly_and_other_words_are_gone(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = await ask(workspace, caller)
    await change(workspace, caller, LIGHTHOUSE.replace(BUILT, BUILT.replace("Ingrid Solberg", "INGRID SOLBERG")))
    (answer,) = await listed(served, standing="nearly")
    assert "INGRID" in LIGHTHOUSE.replace("Ingrid", "INGRID")[answer["citations"][0]["place"]["start"] :]
    document = await change(workspace, caller, LIGHTHOUSE.replace(BUILT, "was built by nobody knows whom"))
    (answer,) = await listed(served)
    gone = next(citation for citation in answer["citations"] if BUILT in citation["cited_text"])
    assert (answer["standing"], gone["standing"], gone["place"]) == ("gone", "gone", None)
    assert await listed(served, standing="nearly") == []
    assert len(await listed(served, document_id=document)) == 1
    assert await listed(served, document_id=UUID(int=1)) == []
    entries = await log(workspace, caller, given.execution_id)
    kinds = [(kind, facts["citations"][str(gone["n"])]) for kind, facts in entries]
    assert kinds == [("answer.support_changed", "nearly"), ("answer.support_changed", "gone")]
    await change(workspace, caller, LIGHTHOUSE)
    assert await listed(served) == []
    assert [answer["execution_id"] for answer in await listed(served, standing="verbatim")] == [str(given.execution_id)]


@pytest.mark.parametrize("how", ["removed", "erased", "with its collection"])
async def test_what_is_searched_no_more_supports_nothing(
    served: FastAPI, workspace: Workspace, caller: Caller, how: str
) -> None:
    document = (await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)).document.id
    given = await ask(workspace, caller)
    if how == "removed":
        await workspace.documents.remove(caller, document)
    elif how == "erased":
        await workspace.documents.erase(caller, document, "asked for")
    else:
        await workspace.documents.remove_collection(caller, "default", "docs")
    await work_off(workspace, caller)
    (answer,) = await listed(served)
    assert {(one["standing"], one["place"]) for one in answer["citations"]} == {("gone", None)}
    assert [one["cited_text"] for one in answer["citations"]] == [one.cited_text for one in given.citations]


async def test_only_answers_that_cite_the_document_are_looked_at(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await workspace.add(caller, "bakery.md", BAKERY)
    bread = await ask(workspace, caller, "How long does the dough rest before it is baked?")
    refused = await workspace.asking.answer(caller, "default", "docs", "What is the capital of Mongolia?")
    evaluated = await workspace.asking.answer(caller, "default", "docs", QUESTION, kind="evaluation_row")
    assert refused.refused
    noted = {row[0] for row in await rows(workspace, caller, "SELECT execution_id FROM citing_answer")}
    assert noted == {bread.execution_id}
    await change(workspace, caller, HEADING + LIGHTHOUSE)
    assert await queued(workspace, caller) == []
    assert not evaluated.refused
    document = await change(workspace, caller, HEADING, "bakery.md")
    assert await queued(workspace, caller) == [document]
    found = await rows(workspace, caller, "SELECT DISTINCT execution_id, document_id, standing FROM citation_support")
    assert found == [(bread.execution_id, document, "gone")]


class LostAfterOne(Attempt):
    """An attempt whose worker is lost after its first transaction."""

    async def progress(self, done: int, total: int, note: str | None = None) -> None:
        raise ConnectionError("the worker is lost")


async def test_a_lost_job_goes_on_and_writes_nothing_twice(
    served: FastAPI, workspace: Workspace, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.lost_support.job._AT_ONCE", 1)
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = [await ask(workspace, caller) for _ in range(3)]
    document = (await workspace.add(caller, "lighthouse.md", HEADING)).document.id
    lost = LostAfterOne(workspace.database, caller.tenant_id, caller.principal_id, document)
    with pytest.raises(ConnectionError):
        await RecheckJob().run(cast("JobContext", lost))
    assert [one["execution_id"] for one in await listed(served)] == [str(given[0].execution_id)]
    attempt = await run_job(workspace, caller, RecheckJob(), document)
    assert attempt.reports == [(1, 1), (2, 2)]
    assert (await run_job(workspace, caller, RecheckJob(), document)).reports == []
    first = (await get(served, "/collections/docs/unsupported-answers", limit=2)).json()
    rest = await listed(served, limit=2, cursor=first["next_cursor"])
    shown = [one["execution_id"] for one in (*first["items"], *rest)]
    assert shown == [str(one.execution_id) for one in reversed(given)]
    for one in given:
        assert len(await log(workspace, caller, one.execution_id)) == 1


async def test_a_job_that_comes_late_leaves_the_rest_to_the_next(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await ask(workspace, caller)
    document = (await workspace.add(caller, "lighthouse.md", HEADING)).document.id

    class Overtaken(Attempt):
        """An attempt whose document gets another version before anything is kept."""

        units = 0

        def unit_of_work(self) -> Any:
            self.units += 1
            return self._overtaken() if self.units == 3 else super().unit_of_work()

        def _overtaken(self) -> Any:
            return _after(workspace.add(caller, "lighthouse.md", LIGHTHOUSE), super().unit_of_work())

    late = Overtaken(workspace.database, caller.tenant_id, caller.principal_id, document)
    await RecheckJob().run(cast("JobContext", late))
    assert await rows(workspace, caller, "SELECT 1 FROM citation_support") == []
    await run_job(workspace, caller, RecheckJob(), document)
    assert {row[0] for row in await rows(workspace, caller, "SELECT standing FROM citation_support")} == {"verbatim"}


class _after:  # noqa: N801 - reads as the word it is
    """A unit of work that begins after something else was done."""

    def __init__(self, first: Any, then: Any) -> None:
        self._first, self._then = first, then

    async def __aenter__(self) -> Any:
        await self._first
        return await self._then.__aenter__()

    async def __aexit__(self, *error: Any) -> Any:
        return await self._then.__aexit__(*error)


async def test_an_answer_that_a_change_overtakes_is_looked_at(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    document = (await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)).document.id
    events = workspace.asking.ask(caller, "default", "docs", QUESTION)
    assert (await anext(events)).event == "retrieval"
    await workspace.add(caller, "lighthouse.md", HEADING)
    assert await queued(workspace, caller) == [], "no answer cites it yet"
    async for _ in events:
        pass
    assert await queued(workspace, caller) == [document]
    await work_off(workspace, caller)
    assert [one["question"] for one in await listed(served)] == [QUESTION]


async def test_an_answer_neither_waits_for_a_change_that_is_under_way_nor_escapes_it(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    document = (await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)).document.id
    jobs = JobService(workspace.database)
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        repository = DocumentRepository(work.session, caller.tenant_id)
        row = await repository.lock_by_id(document)
        assert row is not None
        await take_out(work, jobs, StoreOutbox(jobs, POSTGRESQL), row)
        await ask(workspace, caller)
        assert await queued(workspace, caller) == [document]
        await ask(workspace, caller)
        assert await queued(workspace, caller) == [document], "one look is enough for both"
        with pytest.raises(SlowDown):
            await run_job(workspace, caller, RecheckJob(), document)
    await run_job(workspace, caller, RecheckJob(), document)
    assert [one["question"] for one in await listed(served)] == [QUESTION, QUESTION]


async def test_an_answer_whose_documents_stay_as_they_are_is_not_looked_at(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    await ask(workspace, caller)
    assert await queued(workspace, caller) == []


async def test_erased_answers_are_forgotten(served: FastAPI, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = await ask(workspace, caller)
    await change(workspace, caller, HEADING)
    await workspace.executions.erase_content(caller, given.execution_id, "asked for")
    assert await listed(served) == []
    assert await rows(workspace, caller, "SELECT 1 FROM citation_support") == []
    await change(workspace, caller, LIGHTHOUSE)
    assert await rows(workspace, caller, "SELECT 1 FROM citation_support") == []


async def test_a_question_is_asked_again_once_and_by_somebody(
    served: FastAPI, workspace: Workspace, caller: Caller
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = await ask(workspace, caller)
    path = f"/collections/docs/unsupported-answers/{given.execution_id}/again"
    assert (await send(served, "POST", path)).json()["code"] == "answer.not_found"
    await change(workspace, caller, LIGHTHOUSE.replace("Ingrid Solberg", "Astrid Lund"))
    again = await send(served, "POST", path)
    assert again.status_code == 200, again.text
    assert "Astrid Lund" in again.json()["text"]
    assert again.json()["execution_id"] != str(given.execution_id)
    assert await listed(served) == []
    twice = await send(served, "POST", path)
    assert (twice.status_code, twice.json()["code"]) == (409, "answer.asked_again")
    assert again.json()["execution_id"] in twice.json()["detail"]
    entries = await log(workspace, caller, given.execution_id)
    assert entries[-1] == ("answer.asked_again", {"again_id": again.json()["execution_id"]})
    unchanged = (await workspace.executions.get(caller, given.execution_id)).output.value
    assert unchanged["text"] == given.text


async def test_what_narrowed_a_question_narrows_it_again(served: FastAPI, workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    filters = Filters(documents=("light*",))
    given = await workspace.asking.answer(caller, "default", "docs", QUESTION, filters=filters)
    await change(workspace, caller, LIGHTHOUSE.replace("Ingrid Solberg", "Astrid Lund"))
    path = f"/collections/docs/unsupported-answers/{given.execution_id}/again"
    again = (await send(served, "POST", path)).json()
    runs = await workspace.executions.several(caller, [given.execution_id, UUID(again["execution_id"])])
    assert runs[0].inputs.value == runs[1].inputs.value
    assert runs[1].inputs.value["filters"] == {"documents": ["light*"]}


async def test_another_tenant_sees_nothing(
    served: FastAPI, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = await ask(workspace, caller)
    await change(workspace, caller, HEADING)
    doorman.caller = await make_tenant(workspace.database)
    response = await get(served, "/collections/docs/unsupported-answers")
    assert (response.status_code, response.json()["code"]) == (404, "collection.not_found")
    await workspace.add(doorman.caller, "own.md", BAKERY)
    assert await listed(served) == []
    again = await send(served, "POST", f"/collections/docs/unsupported-answers/{given.execution_id}/again")
    assert (again.status_code, again.json()["code"]) == (404, "answer.not_found")


@pytest.mark.parametrize("lacking", ["ask", "executions:read"])
async def test_asking_again_takes_the_right_to_ask_and_to_read_questions(
    served: FastAPI, caller: Caller, doorman: Doorman, lacking: str
) -> None:
    doorman.caller = Caller(
        caller.tenant_id, caller.principal_id, "person", caller.scopes - {lacking}, caller.credential_id
    )
    response = await send(served, "POST", f"/collections/docs/unsupported-answers/{UUID(int=1)}/again")
    assert (response.status_code, response.json()["required_scope"]) == (403, lacking)
