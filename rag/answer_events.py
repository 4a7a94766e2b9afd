"""Answers as events, and as executions keep them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from mcp_engine.executions.schemas import ExecutionDetail, Outcome
from mcp_engine.http.streaming import StreamEvent
from rag.composing.schemas import Statement
from rag.schemas import Answer, Citation, Passage

_OF_THE_RUN = frozenset({"execution_id", "question", "collection", "strategy"})
"""Members of an answer that its execution keeps elsewhere than in its output."""


def outcome_of(answer: Answer) -> Outcome:
    """Return how an answer is recorded."""
    shown = answer.citations or answer.passages
    return Outcome(
        output=answer.model_dump(mode="json", exclude=set(_OF_THE_RUN)),
        finish_reason="refused" if answer.refused else "stop",
        sources=[one.version.version_id for one in shown],
        shown=[one.version.version_id for one in answer.passages],
    )


def recorded_answer(run: ExecutionDetail) -> Answer:
    """Return the answer of an execution that succeeded, from what is recorded of it."""
    assert run.artifact is not None
    strategy = f"{run.artifact.name}/{run.artifact.number}"
    return answer_from(run.output.value, run.id, run.inputs.value["question"], run.inputs.value["collection"], strategy)


def answer_from(output: Mapping[str, Any], execution_id: UUID, question: str, collection: str, strategy: str) -> Answer:
    """Return the answer that an execution's output holds, as the answer of `execution_id`."""
    return Answer.model_validate(
        {
            **output,
            "execution_id": execution_id,
            "question": question,
            "collection": collection,
            "strategy": strategy,
        }
    )


def events_of(answer: Answer) -> Iterator[StreamEvent]:
    """Yield the events of an answer that is there as a whole."""
    yield retrieval_event(answer.execution_id, answer.passages)
    yield from cited_events(answer)
    yield StreamEvent(event="completed", data=answer.model_dump(mode="json"))


def retrieval_event(execution_id: UUID, passages: Sequence[Passage]) -> StreamEvent:
    found = [passage.model_dump(mode="json") for passage in passages]
    return StreamEvent(event="retrieval", data={"execution_id": str(execution_id), "passages": found})


def cited_events(answer: Answer) -> Iterator[StreamEvent]:
    """Yield the text of an answer, each citation before what names it."""
    citations = iter(answer.citations)
    if answer.prose:
        sent, space = 0, ""
        for statement in answer.prose:
            while sent < max(statement.citations):
                yield cited_event(next(citations))
                sent += 1
            yield stated_event(space + statement.marked, statement)
            space = " "
        return
    for citation in citations:
        yield cited_event(citation)
        if not answer.refused:
            yield sentence_event(("" if citation.n == 1 else " ") + piece_of(citation))


def cited_event(citation: Citation) -> StreamEvent:
    return StreamEvent(event="citation", data=citation.model_dump(mode="json"))


def sentence_event(text: str) -> StreamEvent:
    """Return the event of a sentence that is cited word for word."""
    return StreamEvent(event="delta", data={"text": text})


def stated_event(text: str, statement: Statement) -> StreamEvent:
    """Return the event of a sentence that a model wrote."""
    return StreamEvent(event="delta", data={"text": text, "statement": statement.model_dump(mode="json")})


def piece_of(citation: Citation) -> str:
    """Return a sentence as it stands in the answer's text, with its marker."""
    return f"{citation.cited_text} [{citation.n}]"
