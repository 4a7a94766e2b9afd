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
