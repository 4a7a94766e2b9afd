"""Follow-up questions: which lean on an earlier one, and what they are understood with."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import NotFound
from mcp_engine.identifiers import new_id
from rag.conversation import MOST_QUESTIONS, context_after, is_underspecified, leans
from rag.schemas import Answer
from rag.why.schemas import AnswerStage, WhyRequest
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY

WHO = "Who built the lighthouse of Karsund?"


@pytest.mark.parametrize(
    "question",
    ["How high is it?", "And the keeper?", "When was that?", "Why?", "Where did they sleep?", "What happened to this?"],
)
def test_what_points_back_leans(question: str) -> None:
    assert leans(question)
    assert context_after(question, WHO, ()) == (WHO,)


@pytest.mark.parametrize(
    "question", [WHO, "Is there a bakery in Oltre?", "Which comet was discovered in the year that the dome opened?"]
)
def test_what_names_its_subject_stands_alone(question: str) -> None:
    assert not leans(question)
    assert context_after(question, "How high is it?", (WHO,)) == ()


def test_the_first_question_and_the_last_ones_are_kept() -> None:
    context: tuple[str, ...] = ()
    asked = [WHO, *(f"And was it lit in {year}?" for year in range(1880, 1890))]
    for earlier, question in pairwise(asked):
        context = context_after(question, earlier, context)
    assert len(context) == MOST_QUESTIONS
    assert context[0] == WHO
    assert context[1:] == tuple(asked[-3:-1])


@pytest.mark.parametrize(("question", "meant"), [("When was it built?", True), ("How high is it?", True), (WHO, False)])
def test_a_question_that_says_it_and_nothing_else_is_underspecified(question: str, meant: bool) -> None:
    assert is_underspecified(question) is meant


async def ask(workspace: Workspace, caller: Caller, question: str, follows: UUID | None = None) -> Answer:
    return await workspace.asking.answer(caller, "default", "docs", question, follows=follows)


async def filled(workspace: Workspace, caller: Caller) -> None:
    for name, text in (("lighthouse.md", LIGHTHOUSE), ("bakery.md", BAKERY), ("observatory.md", OBSERVATORY)):
        await workspace.add(caller, name, text)


async def test_a_follow_up_is_answered_about_what_was_asked_before(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    alone = await ask(workspace, caller, "How high is it?")
    assert (alone.refused, alone.reason_code, alone.citations) == (True, "underspecified", [])
    first = await ask(workspace, caller, WHO)
    second = await ask(workspace, caller, "How high is it?", first.execution_id)
    assert second.context == [WHO]
    assert "41 metres" in second.text
    third = await ask(workspace, caller, "And until when was whale oil used for its lamp?", second.execution_id)
    assert third.context == [WHO, "How high is it?"]
    assert "1902" in third.text
    recorded = await workspace.executions.get(caller, third.execution_id)
    assert recorded.inputs.value["follows"] == str(second.execution_id)
    assert recorded.inputs.value["context"] == third.context


async def test_a_follow_up_is_explained_as_it_was_asked(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller, WHO)
    given = await ask(workspace, caller, "How high is it?", first.execution_id)
    wanted = WhyRequest(question=given.question, document="lighthouse.md", text="41 metres", context=given.context)
    why = await workspace.why.explain(caller, "default", "docs", wanted)
    stage = why.stages[-1]
    assert isinstance(stage, AnswerStage)
    assert (why.context, why.dropped_at, stage.confidence) == ([WHO], None, given.confidence)
    alone = await workspace.why.explain(caller, "default", "docs", wanted.model_copy(update={"context": []}))
    assert alone.dropped_at == "answer"


async def test_another_subject_leaves_the_conversation_behind(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller, WHO)
    other = await ask(workspace, caller, "How long does the dough of the bakery rest?", first.execution_id)
    assert other.context == []
    assert "eighteen hours" in other.text


async def test_only_an_answer_of_ones_own_is_followed(workspace: Workspace, caller: Caller, database: Database) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller, WHO)
    stranger = await make_tenant(database)
    await workspace.add(stranger, "bakery.md", BAKERY)
    for who, follows in (
        (stranger, first.execution_id),
        (replace(caller, principal_id=new_id()), first.execution_id),
        (caller, new_id()),
    ):
        with pytest.raises(NotFound) as caught:
            await ask(workspace, who, "How high is it?", follows)
        assert caught.value.code == "ask.follows_nothing"


async def test_what_was_erased_is_not_followed(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    first = await ask(workspace, caller, WHO)
    await workspace.executions.erase_content(caller, first.execution_id, "asked for")
    with pytest.raises(NotFound):
        await ask(workspace, caller, "How high is it?", first.execution_id)


async def test_documents_that_contradict_each_other_are_both_shown(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(
        caller, "guide.md", "The lighthouse of Karsund was built in 1874 by the engineer Ingrid Solberg."
    )
    await workspace.add(caller, "leaflet.md", "The lighthouse of Karsund was built in 1889 by the engineer Solberg.")
    given = await ask(workspace, caller, "When was the lighthouse of Karsund built?")
    assert (given.refused, given.reason_code, given.text) == (True, "conflicting", "")
    assert {one.version.document for one in given.citations} == {"guide.md", "leaflet.md"}
    who = await ask(workspace, caller, WHO)
    assert not who.refused


async def test_a_follow_up_does_not_say_again_what_was_said(workspace: Workspace, caller: Caller) -> None:
    text = (
        "The lighthouse at Cape Vane was built in 1874 by Ada Merrow. Its lamp was changed to electric light in 1931."
    )
    await workspace.add(caller, "vane.md", text)
    first = await ask(workspace, caller, "Who built the lighthouse at Cape Vane?")
    second = await ask(workspace, caller, "And when was its lamp changed?", first.execution_id)
    assert second.context
    assert [one.cited_text for one in second.citations] == ["Its lamp was changed to electric light in 1931."]


@pytest.mark.parametrize(
    ("documents", "question", "answer"),
    [
        (
            ("The Hamburg warehouse has 12 loading docks.", "The warehouse in Kiel has 45 loading docks."),
            "How many loading docks does the Hamburg warehouse have?",
            "12 loading docks",
        ),
        (
            ("The Alpha pump weighs 12 kg when it is empty.", "The Beta pump weighs 15 kg when it is empty."),
            "How much does the Beta pump weigh?",
            "15 kg",
        ),
        (
            ("The board met on 7 May 2023 in Bremen.", "The board met on 3 May 2024 in Bremen."),
            "When did the board meet in 2023?",
            "7 May 2023",
        ),
    ],
)
async def test_numbers_of_sibling_things_are_no_contradiction(
    workspace: Workspace, caller: Caller, documents: tuple[str, str], question: str, answer: str
) -> None:
    for number, text in enumerate(documents):
        await workspace.add(caller, f"{number}.md", text)
    given = await ask(workspace, caller, question)
    assert not given.refused, given.reason
    assert answer in given.citations[0].cited_text


async def test_an_outdated_number_is_not_taken_for_the_answer(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "onboarding.md", "The office in Bremen opens at 8 am and closes at 6 pm.")
    await workspace.add(caller, "policy-2019.md", "The office in Bremen opens at 9 am.")
    given = await ask(workspace, caller, "When does the Bremen office open?")
    assert (given.reason_code, len(given.citations)) == ("conflicting", 2)


async def test_a_name_that_no_document_holds_is_not_answered_with_its_neighbours(
    workspace: Workspace, caller: Caller
) -> None:
    for name, months in (("Alpha", 24), ("Beta", 36)):
        await workspace.add(caller, f"{name}.md", f"The warranty of the {name} pump is {months} months.")
    given = await ask(workspace, caller, "What is the warranty of the Gamma pump?")
    assert (given.refused, given.reason_code) == (True, "unsupported")
    assert given.reason is not None
    assert "name" in given.reason


async def test_what_stands_in_a_heading_is_not_off_topic(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(
        caller, "start.md", "# Onboarding at Tidewater Brewing\n\nNew people get their badge on the first day."
    )
    given = await ask(workspace, caller, "Who is the CEO of Tidewater?")
    assert (given.refused, given.reason_code) == (True, "unsupported")
