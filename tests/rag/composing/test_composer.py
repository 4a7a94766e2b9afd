"""Answers that a model writes: what stays, what is cut, what is recorded, and what is left when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.errors import InvalidInput, ModelFailed
from mcp_engine.executions.schemas import ExecutionFilter
from rag.composing.composer import COMPOSE_RUN
from rag.schemas import Answer
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

BUILT = "When was the lighthouse of Karsund built, and how high is it?"
BUILDER = "The lighthouse of Karsund was built in 1874 by the engineer Ingrid Solberg."
HEIGHT = "It stands 41 metres high on the\nnorthern cliff of the island."


@pytest.fixture(autouse=True)
def _silence(workspace: Workspace) -> Iterator[None]:
    workspace.script.error = None
    yield
    workspace.script.error = None


async def with_composing(
    workspace: Workspace, caller: Caller, kind: str = "prose", body: dict[str, Any] | None = None, **answering: Any
) -> None:
    for name, text in (("lighthouse.md", LIGHTHOUSE), ("bakery.md", BAKERY)):
        await workspace.add(caller, name, text)
    template = "Answer {{ question }}\n{{ sentences }}"
    await workspace.artifacts.push(caller, "prompt", "default", "write", {"type": "text", "template": template}, "test")
    composing = {"kind": kind, "prompt": "write", **(body or {})}
    strategy = {"composing": composing, "answering": {"threshold": 0.2, **answering}}
    await workspace.artifacts.push(caller, "rag_strategy", "default", "written", strategy, "test")


async def ask(workspace: Workspace, caller: Caller, question: str = BUILT) -> Answer:
    return await workspace.asking.answer(caller, "default", "docs", question, "written")


async def test_a_models_sentences_stay_as_far_as_the_documents_bear_them_out(
    workspace: Workspace, caller: Caller
) -> None:
    await with_composing(workspace, caller)
    workspace.script.pieces = [
        "Ingrid Solberg built the lighthouse", " of Karsund in 1874. [1] It is the oldest one in ",
        "Norway. [1] It stands 41 metres high. ", "[2] It stands 41 metres high.",
    ]  # fmt: skip
    answer = await ask(workspace, caller)
    assert [one.text for one in answer.prose] == [
        "Ingrid Solberg built the lighthouse of Karsund in 1874.", "It stands 41 metres high."
    ]  # fmt: skip
    assert answer.text == ("Ingrid Solberg built the lighthouse of Karsund in 1874. [1] It stands 41 metres high. [2]")
    assert [(one.n, one.cited_text) for one in answer.citations] == [(1, BUILDER), (2, HEIGHT)]
    assert [one.citations for one in answer.prose] == [[1], [2]]
    assert answer.composition is not None
    assert [(one.text, one.fault) for one in answer.composition.cut] == [
        ("It is the oldest one in Norway.", "added_name"), ("It stands 41 metres high.", "repeated")
    ]  # fmt: skip
    # The model was shown numbered sentences, and the question.
    shown = workspace.script.messages[-1].content
    assert shown.startswith(f"Answer {BUILT}\n[1] ")
    assert f"] {BUILDER}" in shown


async def test_the_model_orders_sentences_that_stay_word_for_word(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller, "order")
    workspace.script.pieces = ["2, then 1"]
    answer = await ask(workspace, caller)
    assert answer.prose == []
    shown = workspace.script.messages[-1].content.splitlines()
    assert [" ".join(one.cited_text.split()) for one in answer.citations[:2]] == [shown[2][4:], shown[1][4:]]
    assert answer.text.startswith(f"{answer.citations[0].cited_text} [1] {answer.citations[1].cited_text} [2]")


async def test_citations_come_before_what_names_them(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller)
    workspace.script.pieces = ["It stands 41 metres high. [2] ", "Ingrid Solberg built it in Rome. The lighthouse",
                               " of Karsund was built in 1874. "]  # fmt: skip
    events = [event async for event in workspace.asking.ask(caller, "default", "docs", BUILT, "written")]
    assert [one.event for one in events] == ["retrieval", "citation", "delta", "citation", "delta", "completed"]
    assert "".join(one.data["text"] for one in events if one.event == "delta") == events[-1].data["text"]
    assert [one.data["n"] for one in events if one.event == "citation"] == [1, 2]
    assert events[2].data["statement"] == {"text": "It stands 41 metres high.", "citations": [1]}


async def test_where_nothing_stays_the_sentences_themselves_answer(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller)
    plain = await workspace.asking.answer(
        caller, "default", "docs", BUILT, "default", options={"answering.threshold": 0.2}
    )
    workspace.script.pieces = ["I think it was built by the Romans. Ignore all sources!"]
    answer = await ask(workspace, caller)
    assert (answer.text, answer.prose) == (plain.text, [])
    assert answer.composition is not None
    assert (answer.composition.is_used, len(answer.composition.cut)) == (False, 2)


async def test_a_model_that_fails_costs_the_prose_alone(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller, cache=True)
    workspace.script.error = ModelFailed("model.failed", "The model stopped.")
    answer = await ask(workspace, caller)
    assert BUILDER in answer.text
    assert answer.composition is not None
    assert (answer.composition.is_used, answer.composition.error_code) == (False, "model.failed")
    # An answer that lacks its prose by accident is not given again.
    workspace.script.error, workspace.script.pieces = None, ["It stands 41 metres high, and it was built in 1874."]
    again = await ask(workspace, caller)
    assert (again.cached_from, again.composition and again.composition.is_used) == (None, True)


async def test_what_was_asked_for_is_added_when_the_model_left_it_out(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller)
    workspace.script.pieces = ["The lighthouse of Karsund was built by the engineer Ingrid Solberg. [1]"]
    answer = await ask(workspace, caller, "When was the lighthouse of Karsund built?")
    assert answer.composition is not None
    assert answer.composition.completed
    assert [one.text for one in answer.prose][-1] == BUILDER
    assert [one.citations for one in answer.prose] == [[1], [1]]


async def test_the_composition_is_an_execution_below_the_answers(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller)
    workspace.script.pieces = ["It stands 41 metres high. It was built in 1874."]
    answer = await ask(workspace, caller)
    runs = await workspace.executions.list(caller, ExecutionFilter(kind=COMPOSE_RUN))
    [run] = [one for one in runs.items if one.parent_id == answer.execution_id]
    assert run.artifact is not None
    assert (run.artifact.name, run.artifact.number, run.status) == ("write", 1, "succeeded")
    recorded = await workspace.executions.get(caller, answer.execution_id)
    assert recorded.output.value["prose"] == [one.model_dump() for one in answer.prose]


async def test_a_refusal_asks_no_model(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller)
    workspace.script.messages = []
    answer = await ask(workspace, caller, "What is the capital of Mongolia?")
    assert (answer.refused, answer.composition, workspace.script.messages) == (True, None, [])


async def test_a_kept_answer_is_given_again_as_it_was_written(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller, cache=True)
    workspace.script.pieces = ["It stands 41 metres high. [2] The lighthouse was built in 1874. [1]"]
    first = [event async for event in workspace.asking.ask(caller, "default", "docs", BUILT, "written")]
    workspace.script.pieces = ["Something else."]
    again = [event async for event in workspace.asking.ask(caller, "default", "docs", BUILT, "written")]
    assert [(one.event, one.data) for one in again[1:-1]] == [(one.event, one.data) for one in first[1:-1]]
    assert again[-1].data["cached_from"] == first[-1].data["execution_id"]


@pytest.mark.parametrize(
    ("template", "says"),
    [("{{ question }}", "it takes no `sentences`"), ("{{ sentences }} {{ tone }}", "asks for tone")],
)
async def test_a_prompt_that_cannot_write_is_refused_when_it_is_pushed(
    workspace: Workspace, caller: Caller, template: str, says: str
) -> None:
    await workspace.artifacts.push(caller, "prompt", "default", "bad", {"type": "text", "template": template}, "test")
    body = {"composing": {"kind": "prose", "prompt": "bad"}}
    with pytest.raises(InvalidInput, match=says) as refused:
        await workspace.artifacts.push(caller, "rag_strategy", "default", "written", body, "test")
    assert refused.value.code == "rag_strategy.prompt_unfit"


async def test_an_option_for_one_question_cannot_name_a_prompt(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    with pytest.raises(InvalidInput) as refused:
        await workspace.asking.answer(caller, "default", "docs", BUILT, options={"composing.kind": "prose"})
    assert refused.value.code == "strategy_option.needs_version"


async def test_the_best_sentences_that_fit_into_the_tokens_are_offered(workspace: Workspace, caller: Caller) -> None:
    await with_composing(workspace, caller, "order", {"budget_tokens": 60})
    workspace.script.pieces = ["1"]
    answer = await ask(workspace, caller)
    assert answer.composition is not None
    assert (answer.composition.budget_tokens, answer.composition.tokens_exact) == (60, False)
    assert answer.composition.tokens is not None
    assert 0 < answer.composition.tokens <= 60
    assert {one.reason for one in answer.composition.left_out} == {"budget"}
    shown = workspace.script.messages[-1].content.splitlines()[1:]
    assert len("\n".join(shown).encode()) <= 180
    # The one that most probably answers ranks first, so it is the last to be left out.
    assert " ".join(answer.citations[0].cited_text.split()) in "\n".join(shown)


async def test_where_not_one_sentence_fits_the_answer_is_the_sentences_themselves(
    workspace: Workspace, caller: Caller
) -> None:
    long = "The lighthouse of Aldvik, " + "which many sailors of the western fjords have praised, " * 5 + "burns gas."
    await workspace.add(caller, "aldvik.md", long.encode())
    await with_composing(workspace, caller, "prose", {"budget_tokens": 50})
    workspace.script.messages.clear()
    answer = await ask(workspace, caller, "What does the lighthouse of Aldvik burn?")
    assert answer.composition is not None
    assert (answer.composition.is_used, answer.composition.tokens, answer.prose) == (False, 0, [])
    assert "burns gas" in answer.text
    assert workspace.script.messages == []
