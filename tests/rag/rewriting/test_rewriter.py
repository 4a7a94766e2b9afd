"""Questions whose strategy words them in other ways: what is found, recorded, pinned, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import InvalidInput, ModelFailed, NotFound
from mcp_engine.executions.schemas import ExecutionFilter, StartExecution
from rag.rewriting.rewriter import HOP_RUN, REWRITE_RUN
from rag.schemas import Answer
from rag.why.schemas import WhyRequest
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE, OBSERVATORY
from tests.rag.readers.place import make_place

BREAD = "What does the bakery in Oltre sell?"
WORDINGS = ["Who built the lighthouse of Karsund?", "Which comet did the observatory discover?"]
NARROW = {"candidates": 1, "passages": 3}


@pytest.fixture(autouse=True)
def _silence(workspace: Workspace) -> Iterator[None]:
    workspace.script.error = None
    yield
    workspace.script.error = None


async def filled(workspace: Workspace, caller: Caller) -> None:
    for name, text in (("lighthouse.md", LIGHTHOUSE), ("observatory.md", OBSERVATORY), ("bakery.md", BAKERY)):
        await workspace.add(caller, name, text)


async def push(workspace: Workspace, caller: Caller, kind: str, name: str, body: dict[str, Any]) -> None:
    await workspace.artifacts.push(caller, kind, "default", name, body, "test")


async def with_rewriting(
    workspace: Workspace, caller: Caller, kind: str = "multi_query", template: str = "Word anew: {{ question }}"
) -> None:
    await push(workspace, caller, "prompt", "words", {"type": "text", "template": template})
    body = {"retrieval": NARROW, "rewriting": {"kind": kind, "prompt": "words"}}
    await push(workspace, caller, "rag_strategy", "worded", body)


async def ask(workspace: Workspace, caller: Caller, question: str, follows: UUID | None = None) -> Answer:
    return await workspace.asking.answer(caller, "default", "docs", question, "worded", follows=follows)


def documents(answer: Answer) -> set[str]:
    return {passage.version.document for passage in answer.passages}


async def test_other_wordings_find_what_the_question_does_not(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller)
    await push(workspace, caller, "rag_strategy", "narrow", {"retrieval": NARROW})
    alone = await workspace.asking.answer(caller, "default", "docs", BREAD, "narrow")
    workspace.script.pieces = ["1. ", WORDINGS[0], "\n2. ", WORDINGS[1]]
    answer = await ask(workspace, caller, BREAD)
    assert documents(alone) == {"bakery.md"}
    assert documents(answer) == {"bakery.md", "lighthouse.md", "observatory.md"}
    assert answer.queries == WORDINGS
    assert workspace.script.messages[-1].content == f"Word anew: {BREAD}"
    # Whether the passages answer is judged by the question as it was asked.
    assert not answer.refused
    assert {citation.version.document for citation in answer.citations} == {"bakery.md"}


SOLBERG = """# The Solberg family

Ingrid Solberg came from the town of Mandal, where her father was a smith. Her sister Marit taught at the school.
"""
BORN = "From which town came the engineer of the lighthouse of Karsund?"
NEXT = "Where did Ingrid Solberg come from?"


async def test_a_question_of_two_hops_finds_what_only_the_first_names(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await workspace.add(caller, "solberg.md", SOLBERG)
    await with_rewriting(workspace, caller, "multi_hop", "Found: {{ found }}\nNext for: {{ question }}")
    await push(workspace, caller, "rag_strategy", "narrow", {"retrieval": NARROW})
    alone = await workspace.asking.answer(caller, "default", "docs", BORN, "narrow")
    assert documents(alone) == {"lighthouse.md"}
    workspace.script.pieces = [NEXT]
    answer = await ask(workspace, caller, BORN)
    assert documents(answer) == {"lighthouse.md", "solberg.md"}
    assert {citation.version.document for citation in answer.citations} >= {"solberg.md"}
    # Said again, it is nothing new to look for: the second hop, which read what the first one found, ended it.
    assert answer.queries == [NEXT]
    assert "Ingrid Solberg came from the town of Mandal" in str(workspace.script.messages[-1].content)
    runs = await workspace.executions.list(caller, ExecutionFilter(kind=HOP_RUN))
    assert len([one for one in runs.items if one.parent_id == answer.execution_id]) == 2


async def test_hops_end_when_the_model_wants_nothing_more_or_as_many_are_made(
    workspace: Workspace, caller: Caller
) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller, "multi_hop")
    workspace.script.pieces = ["None"]
    assert (await ask(workspace, caller, BREAD)).queries == []
    body = {"retrieval": NARROW, "rewriting": {"kind": "multi_hop", "prompt": "words", "queries": 1}}
    await push(workspace, caller, "rag_strategy", "worded", body)
    workspace.script.pieces = [NEXT]
    answer = await ask(workspace, caller, BREAD)
    runs = await workspace.executions.list(caller, ExecutionFilter(kind=HOP_RUN))
    assert len([one for one in runs.items if one.parent_id == answer.execution_id]) == 1


async def test_what_hops_read_is_hidden_with_the_documents_that_it_comes_from(workspace: Workspace) -> None:
    place = await make_place(workspace)
    await with_rewriting(workspace, place.owner, "multi_hop", "Found: {{ found }} {{ question }}")
    workspace.script.pieces = ["None"]
    seen: list[str] = []
    for caller in (place.outsider, place.owner):
        await workspace.asking.answer(caller, "default", "mixed", WORDINGS[0], "worded")
        seen.append(str(workspace.script.messages[-1].content))
    assert "Ingrid Solberg" not in seen[0]
    assert "Ingrid Solberg" in seen[1]
    runs = await workspace.executions.list(place.outsider, ExecutionFilter(kind=HOP_RUN))
    assert len(runs.items) == 1


async def test_a_hop_that_has_not_ended_is_its_actors_alone(workspace: Workspace) -> None:
    place = await make_place(workspace)
    started = StartExecution(namespace="default", kind=HOP_RUN, inputs={"found": "Ingrid Solberg built it."})
    running = await workspace.executions.start(place.owner, started)
    assert (await workspace.executions.get(place.owner, running.id)).status == "running"
    with pytest.raises(NotFound):
        await workspace.executions.get(place.outsider, running.id)
    await running.fail(ModelFailed("model.failed", "It failed."))
    with pytest.raises(NotFound):
        await workspace.executions.get(place.outsider, running.id)


async def test_the_rewriting_is_an_execution_below_the_questions(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller)
    workspace.script.pieces = ["Which bread is baked in Oltre?"]
    answer = await ask(workspace, caller, BREAD)
    runs = await workspace.executions.list(caller, ExecutionFilter(kind=REWRITE_RUN))
    [run] = [one for one in runs.items if one.parent_id == answer.execution_id]
    assert run.artifact is not None
    assert (run.artifact.name, run.artifact.number, run.status) == ("words", 1, "succeeded")
    recorded = await workspace.executions.get(caller, answer.execution_id)
    assert recorded.output.value["queries"] == ["Which bread is baked in Oltre?"]


async def test_the_strategys_lock_pins_the_prompt(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await push(workspace, caller, "prompt", "words", {"type": "text", "template": "Old: {{ question }}"})
    body = {"retrieval": NARROW, "rewriting": {"kind": "step_back", "prompt": "words/1"}}
    await push(workspace, caller, "rag_strategy", "worded", body)
    await push(workspace, caller, "prompt", "words", {"type": "text", "template": "New: {{ question }}"})
    workspace.script.pieces = ["What do bakeries sell?"]
    assert (await ask(workspace, caller, BREAD)).queries == ["What do bakeries sell?"]
    assert workspace.script.messages[-1].content == f"Old: {BREAD}"


async def test_only_a_follow_up_is_condensed(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller, "condense", "Before: {{ earlier }} Now: {{ question }}")
    workspace.script.pieces, workspace.script.messages = ["How high is the lighthouse of Karsund?"], []
    first = await ask(workspace, caller, WORDINGS[0])
    assert (first.queries, workspace.script.messages) == ([], [])
    second = await ask(workspace, caller, "How high is it?", first.execution_id)
    assert second.queries == ["How high is the lighthouse of Karsund?"]
    assert workspace.script.messages[-1].content == f"Before: {WORDINGS[0]} Now: How high is it?"


async def test_a_model_without_words_leaves_the_question_alone(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller, "hyde")
    workspace.script.pieces = [" ", "\n"]
    answer = await ask(workspace, caller, BREAD)
    assert (answer.queries, documents(answer)) == ([], {"bakery.md"})


async def test_a_model_that_fails_fails_the_question_by_name(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller)
    workspace.script.error = ModelFailed("model.failed", "The model stopped.")
    with pytest.raises(ModelFailed, match="The model stopped"):
        await ask(workspace, caller, BREAD)
    runs = await workspace.executions.list(caller, ExecutionFilter(kind="ask"))
    failed = await workspace.executions.get(caller, runs.items[0].id)
    assert (failed.status, failed.error_code) == ("failed", "model.failed")


async def test_why_tells_that_another_wording_found_a_passage(workspace: Workspace, caller: Caller) -> None:
    await filled(workspace, caller)
    await with_rewriting(workspace, caller)
    workspace.script.pieces = [WORDINGS[0]]
    request = WhyRequest(question=BREAD, strategy="worded", document="lighthouse.md", text="lighthouse")
    why = await workspace.why.explain(caller, "default", "docs", request)
    candidates = next(stage for stage in why.stages if stage.stage == "candidates")
    assert candidates.note == "Found by another wording of the question alone."


@pytest.mark.parametrize(
    ("template", "says"),
    [("Nothing to word.", "it takes no `question`"), ("{{ question }} {{ tone }}", "asks for tone")],
)
async def test_a_prompt_that_cannot_rewrite_is_refused_when_it_is_pushed(
    workspace: Workspace, caller: Caller, template: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        await with_rewriting(workspace, caller, template=template)
    assert refused.value.code == "rag_strategy.prompt_unfit"
